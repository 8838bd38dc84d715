import type { SchemaReference } from '../client/schema-registry-client.ts'
import type { SchemaRegistry } from '../registry/schema-registry.ts'
import {
  type RegistrySerde,
  registrySerde,
  type RegistrySerdeOptions,
} from '../serde/registry-serde.ts'
import type { ProtobufValueOptions } from './message-codec.ts'
import { ProtobufFormat } from './protobuf-format.ts'

/** Options of {@link protobufSerde}. */
export interface ProtobufSerdeOptions extends RegistrySerdeOptions, ProtobufValueOptions {
  /**
   * The text of a `.proto` file. Without one, values are read as they were written, and nothing is written unless
   * `register` is 'latest'.
   */
  readonly schema?: string
  /** Which message of the file, by its name. @defaultValue the first one */
  readonly message?: string
  /** Other files of the registry that `schema` imports. @defaultValue none; those of Protobuf itself are there */
  readonly references?: readonly SchemaReference[]
}

/**
 * Messages of Protobuf as plain objects, in Confluent's wire format. `T` is a claim about the schema.
 *
 * What was written with another version of the message is read by this one, as Protobuf does: by the numbers of the
 * fields. A record that is another message is an error of that record.
 *
 * @throws MillraceError `MR_SCHEMA_INVALID` for a schema that is not valid, or does not have the message
 */
export function protobufSerde<T>(
  registry: SchemaRegistry,
  options: ProtobufSerdeOptions = {},
): RegistrySerde<T> {
  return registrySerde(registry, new ProtobufFormat<T>(options), options)
}
