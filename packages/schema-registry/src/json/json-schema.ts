import type { FromSchema, JSONSchema } from 'json-schema-to-ts'

declare const VALUE: unique symbol

/** A JSON Schema that knows the type of its values. */
export interface JsonSchema<T> {
  readonly schema: object
  /** Never there: it carries the type. */
  readonly [VALUE]?: T
}

/** Infers the type of the values from a schema that is written out where this is called. */
export function jsonSchema<const S extends Exclude<JSONSchema, boolean>>(
  schema: S,
): JsonSchema<FromSchema<S>> {
  return { schema }
}

/** The type of the values of a {@link JsonSchema}. */
export type JsonSchemaType<S> = S extends JsonSchema<infer T> ? T : never
