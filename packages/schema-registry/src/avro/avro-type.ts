import avsc, { type Schema, type Type } from 'avsc'
import type { AvroConversionOf } from './avro-conversion.ts'
import { CONVERSIONS } from './conversions.ts'
import { BIGINT, logicalTypeClass } from './logical-type.ts'

/** How values of Avro are in JavaScript. */
export interface AvroValueOptions {
  /**
   * What a long without a logical type is. With 'number' one beyond 2^53 is an error, never another value.
   * @defaultValue 'number'
   */
  readonly long?: 'number' | 'bigint'
  /** Conversions of logical types by name, in place of those that come with the serde; false: as the type below. */
  readonly logicalTypes?: Readonly<Record<string, AvroConversionOf | false>>
  /**
   * Values of unions as `{ 'name.of.the.branch': value }`: always, never, or where nothing else tells the branches apart.
   * @defaultValue 'auto'
   */
  readonly wrapUnions?: 'auto' | 'always' | 'never'
}

const asBigint = logicalTypeClass(() => ({
  isBigint: true,
  fromAvro: (value: bigint) => value,
  toAvro: (value: unknown) => value,
}))

/** Compiles schemas. One that uses others is given theirs first. */
export function avroType(text: string, uses: readonly string[], options: AvroValueOptions): Type {
  const { long = 'number', logicalTypes = {}, wrapUnions = 'auto' } = options
  const conversions = Object.entries({ ...CONVERSIONS, ...logicalTypes }).flatMap(
    ([name, conversionOf]) =>
      conversionOf === false ? [] : [[name, logicalTypeClass(conversionOf)] as const],
  )
  const known = Object.fromEntries(conversions)
  const compileOptions = {
    registry: {},
    logicalTypes: known,
    wrapUnions,
    omitRecordMethods: true,
    ...(long === 'number' ? {} : { typeHook: bigintHook(known) }),
  }
  for (const used of uses) avsc.Type.forSchema(schemaOf(used), compileOptions)
  const type = avsc.Type.forSchema(schemaOf(text), compileOptions)
  makeRecordsPlain(type, new Set())
  return type
}

/** Registries keep a schema that is a name, such as `string`, with or without its quotes. */
function schemaOf(text: string): Schema {
  const trimmed = text.trim()
  return /^[{["]/.test(trimmed) ? (JSON.parse(trimmed) as Schema) : trimmed
}

/** Longs that no conversion is for become bigints. */
function bigintHook(
  known: Readonly<Record<string, unknown>>,
): (schema: Schema, options: object) => Type | undefined {
  return (schema, options) => {
    const { type, logicalType = '' } =
      typeof schema === 'string' ? { type: schema } : (schema as Record<string, string>)
    if (type !== 'long' || logicalType === BIGINT || logicalType in known) return undefined
    return new asBigint({ type: 'long', logicalType: BIGINT }, options)
  }
}

interface Named extends Type {
  readonly recordConstructor?: { prototype: object }
  /** Of the branch around a value, in a union that has them. */
  readonly _branchConstructor?: { prototype: object } | null
  readonly fields?: readonly { readonly type: Type }[]
  readonly itemsType?: Type
  readonly valuesType?: Type
  readonly types?: readonly Type[]
  readonly underlyingType?: Type
}

/** Records and branches are made by constructors of their own; with this they are plain objects, as those that are written. */
function makeRecordsPlain(type: Named, seen: Set<Type>): void {
  if (seen.has(type)) return
  seen.add(type)
  if (type.recordConstructor !== undefined) type.recordConstructor.prototype = Object.prototype
  if (type._branchConstructor) type._branchConstructor.prototype = Object.prototype
  const below = [type.itemsType, type.valuesType, type.underlyingType, ...(type.types ?? [])]
  for (const one of [...below, ...(type.fields ?? []).map((field) => field.type)]) {
    if (one !== undefined) makeRecordsPlain(one, seen)
  }
}
