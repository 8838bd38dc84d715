import type { Options } from 'ajv'
import type { SchemaReference } from '../client/schema-registry-client.ts'
import type { SchemaRegistry } from '../registry/schema-registry.ts'
import {
  type RegistrySerde,
  registrySerde,
  type RegistrySerdeOptions,
} from '../serde/registry-serde.ts'
import { JsonFormat } from './json-format.ts'
import type { JsonSchema } from './json-schema.ts'

/** Options of {@link jsonSerde}. */
export interface JsonSerdeOptions<T> extends RegistrySerdeOptions {
  /**
   * What is written, and what is read: from `jsonSchema({ … })`, which tells the type, or as an object or text. Without
   * one, values are read as they were written, and nothing is written unless `register` is 'latest'.
   */
  readonly schema?: JsonSchema<T> | object | string
  /** Other schemas of the registry that `schema` refers to, `name` as in its `$ref`. @defaultValue none */
  readonly references?: readonly SchemaReference[]
  /** When values are compared with the schema. @defaultValue 'both' */
  readonly validate?: 'both' | 'serialize' | 'deserialize' | 'none'
  /** Options of Ajv, such as `formats`. @defaultValue formats are not looked at, unknown keywords are passed over */
  readonly ajv?: Options
}

/**
 * Values in JSON, in Confluent's wire format, that a JSON Schema describes. `T` is that of `jsonSchema({ … })`, or a
 * claim about the schema.
 *
 * What was written with another version is read by this schema: what it does not allow is an error of its record, and
 * fields that are missing get the defaults that it has for them.
 *
 * @throws MillraceError `MR_SCHEMA_INVALID` for a schema that is not valid
 */
export function jsonSerde<T>(
  registry: SchemaRegistry,
  options: JsonSerdeOptions<T> = {},
): RegistrySerde<T> {
  return registrySerde(registry, new JsonFormat<T>(options), options)
}
