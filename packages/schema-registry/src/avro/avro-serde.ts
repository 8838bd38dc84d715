import type { SchemaReference } from '../client/schema-registry-client.ts'
import type { SchemaRegistry } from '../registry/schema-registry.ts'
import {
  type RegistrySerde,
  registrySerde,
  type RegistrySerdeOptions,
} from '../serde/registry-serde.ts'
import { AvroFormat } from './avro-format.ts'
import type { AvroValueOptions } from './avro-type.ts'

/** Options of {@link avroSerde}. */
export interface AvroSerdeOptions extends RegistrySerdeOptions, AvroValueOptions {
  /**
   * What is written, and what is read as: the schema as an object or as its text. Without one, values are read as they
   * were written, and nothing is written unless `register` is 'latest'.
   */
  readonly schema?: object | string
  /** Other schemas of the registry that `schema` uses by their names. @defaultValue none */
  readonly references?: readonly SchemaReference[]
}

/**
 * Values in Avro, in Confluent's wire format. `T` is a claim about the schema.
 *
 * What was written with another schema of the topic is resolved to this one, as Avro says: fields that are new here
 * have their defaults, fields that are not here are left out. Bytes that cannot be read so are an error of their record.
 *
 * @throws MillraceError `MR_SCHEMA_INVALID` for a schema that is not valid
 */
export function avroSerde<T>(
  registry: SchemaRegistry,
  options: AvroSerdeOptions = {},
): RegistrySerde<T> {
  return registrySerde(registry, new AvroFormat<T>(options), options)
}
