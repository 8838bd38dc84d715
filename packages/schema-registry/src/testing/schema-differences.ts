import type { Type } from 'avsc'
import { avroType } from '../avro/avro-type.ts'
import type { SchemaDefinition } from '../client/schema-registry-client.ts'
import { ProtoSchema } from '../protobuf/proto-schema.ts'

/** A schema, as far as it matters for whether it reads another one. */
export type ParsedSchema =
  | { readonly kind: 'AVRO'; readonly type: Type }
  | { readonly kind: 'PROTOBUF'; readonly fields: ReadonlyMap<string, string> }
  | { readonly kind: 'JSON'; readonly schema: JsonObjectSchema }

interface JsonObjectSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonObjectSchema>>
  readonly required?: readonly string[]
}

/** @throws Error for one that is not valid */
export function parseSchema(
  { type, text }: SchemaDefinition,
  uses: readonly string[],
): ParsedSchema {
  switch (type) {
    case 'AVRO':
      return { kind: type, type: avroType(text, uses, {}) }
    case 'PROTOBUF':
      return { kind: type, fields: protoFields(text, uses) }
    case 'JSON':
      return { kind: type, schema: JSON.parse(text) as JsonObjectSchema } // as far as it has these keywords
  }
}

/** Why what was written with one schema is not read by another one; nothing when it is. */
export function differences(reader: ParsedSchema, writer: ParsedSchema): readonly string[] {
  if (reader.kind === 'AVRO' && writer.kind === 'AVRO')
    return avroDifferences(reader.type, writer.type)
  if (reader.kind === 'PROTOBUF' && writer.kind === 'PROTOBUF') {
    return protoDifferences(reader.fields, writer.fields)
  }
  if (reader.kind === 'JSON' && writer.kind === 'JSON') {
    return jsonDifferences(reader.schema, writer.schema, '')
  }
  return ['they are of different kinds']
}

function avroDifferences(reader: Type, writer: Type): readonly string[] {
  try {
    reader.createResolver(writer)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Types by message and number. */
function protoFields(text: string, uses: readonly string[]): ReadonlyMap<string, string> {
  const { type } = new ProtoSchema(
    { text, uses: uses.map((used, i) => ({ name: String(i), text: used })) },
    true,
  ).message(undefined)
  return new Map(
    type.fieldsArray.map((field) => [`${type.name} field ${field.id}`, field.type] as const),
  )
}

function protoDifferences(
  reader: ReadonlyMap<string, string>,
  writer: ReadonlyMap<string, string>,
): readonly string[] {
  return [...reader].flatMap(([field, type]) => {
    const before = writer.get(field) ?? type
    return before === type ? [] : [`${field} was ${before}, and is ${type}`]
  })
}

function jsonDifferences(
  reader: JsonObjectSchema,
  writer: JsonObjectSchema,
  path: string,
): readonly string[] {
  const place = path === '' ? '/' : path
  const own =
    reader.type === writer.type
      ? []
      : [`${place} was ${writer.type ?? 'any'}, and is ${reader.type ?? 'any'}`]
  const required = (reader.required ?? [])
    .filter((name) => writer.required?.includes(name) !== true)
    .map((name) => `${path}/${name} is required now`)
  const below = Object.entries(reader.properties ?? {}).flatMap(([name, schema]) => {
    const before = writer.properties?.[name]
    return before === undefined ? [] : jsonDifferences(schema, before, `${path}/${name}`)
  })
  return [...own, ...required, ...below]
}
