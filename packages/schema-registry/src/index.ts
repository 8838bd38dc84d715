// Registries
export { schemaRegistry, SchemaRegistry } from './registry/schema-registry.ts'
export type {
  Registration,
  RegistryCacheOptions,
  ResolvedSchema,
  UsedSchema,
  WritableRequest,
  WritableSchema,
} from './registry/schema-registry.ts'
export type { RegistryAuth, RegistryOptions } from './client/registry-options.ts'

// Serdes
export { avroSerde } from './avro/avro-serde.ts'
export type { AvroSerdeOptions } from './avro/avro-serde.ts'
export type { AvroValueOptions } from './avro/avro-type.ts'
export type { AvroConversion, AvroConversionOf, LogicalSchema } from './avro/avro-conversion.ts'
export type { AvroDuration } from './avro/conversions.ts'
export { protobufSerde } from './protobuf/protobuf-serde.ts'
export type { ProtobufSerdeOptions } from './protobuf/protobuf-serde.ts'
export type { ProtobufValueOptions } from './protobuf/message-codec.ts'
export { jsonSerde } from './json/json-serde.ts'
export type { JsonSerdeOptions } from './json/json-serde.ts'
export { jsonSchema } from './json/json-schema.ts'
export type { JsonSchema, JsonSchemaType } from './json/json-schema.ts'
export type { RegistrySerde, RegistrySerdeOptions } from './serde/registry-serde.ts'
export type { SubjectNameContext, SubjectNameStrategy } from './serde/subject-name.ts'

// Clients
export { RegistryClient } from './client/registry-client.ts'
export { confluentClient } from './client/confluent-client.ts'
export type {
  ConfluentClientConfig,
  ConfluentClientOptions,
  ConfluentSchemaInfo,
  ConfluentSchemaRegistryClient,
  ConfluentSchemaVersion,
} from './client/confluent-client.ts'
export type {
  Compatibility,
  CompatibilityResult,
  SchemaDefinition,
  SchemaReference,
  SchemaRegistryClient,
  SchemaType,
  SubjectVersion,
} from './client/schema-registry-client.ts'
