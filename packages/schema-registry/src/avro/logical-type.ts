import avsc, { type Schema, type Type } from 'avsc'
import type { AvroConversion, AvroConversionOf, LogicalSchema } from './avro-conversion.ts'

type LogicalTypeClass = new (
  schema: Schema,
  options?: object,
) => InstanceType<typeof avsc.types.LogicalType>

interface Resolver {
  _read(tap: unknown): unknown
}

/** avsc's methods that its types do not name. */
interface ReadsWith extends Type {
  createResolver(writer: Type, options?: unknown): Resolver
}

/** A long as a bigint, over its whole range. */
export const BIGINT_LONG: Type = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer(value: bigint) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: (value: number | bigint) => BigInt(value),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

/** The name of the type that plain longs are read as when they are to be bigints. */
export const BIGINT = 'millrace-bigint'

/**
 * A type of avsc for a logical type of Avro.
 *
 * What was written as another logical type is not read as this one: a long of microseconds would be taken for one of
 * milliseconds. What was written without a logical type is.
 */
export function logicalTypeClass(conversionOf: AvroConversionOf): LogicalTypeClass {
  return class extends avsc.types.LogicalType {
    readonly #conversion: AvroConversion
    readonly #scale: number

    constructor(schema: Schema, options: object = {}) {
      const logical = schema as LogicalSchema // avsc makes one of these for nothing else
      const conversion = conversionOf(logical)
      // avsc takes a type whose logical type cannot be made as a plain one, as the specification says.
      if (conversion === undefined) throw new TypeError(`${logical.logicalType} of ${logical.type}`)
      super(schema, options)
      // avsc makes the type below of the schema; this is the place where it keeps it.
      if (conversion.isBigint === true) Object.assign(this, { _underlyingType: BIGINT_LONG })
      this.#conversion = conversion
      this.#scale = logical.scale ?? 0
    }

    get scale(): number {
      return this.#scale
    }

    /** What else tells the type from others, when it is compared. */
    override _export(schema: Schema): void {
      Object.assign(schema, { scale: this.#scale })
    }

    override _fromValue(value: never): unknown {
      return this.#conversion.fromAvro(value)
    }

    override _toValue(value: unknown): unknown {
      return this.#conversion.toAvro(value)
    }

    override _resolve(): undefined {
      return undefined // _update is what is asked.
    }

    /** avsc's hook for reading what another type wrote: through the type below, so that an int is read as a long. */
    _update(resolver: Resolver, writer: Type, options: unknown): void {
      if (isLogical(writer) && !isSame(this, writer)) return
      const raw = isLogical(writer) ? writer.underlyingType : writer
      const inner = (this.underlyingType as ReadsWith).createResolver(raw, options)
      resolver._read = (tap) => this.#conversion.fromAvro(inner._read(tap) as never)
    }
  }
}

interface Logical extends Type {
  readonly underlyingType: Type
  readonly scale?: number
}

function isLogical(type: Type): type is Logical {
  return type.typeName.startsWith('logical:')
}

function isSame(reader: Logical, writer: Logical): boolean {
  if (writer.typeName === `logical:${BIGINT}` || reader.typeName === `logical:${BIGINT}`)
    return true
  return reader.typeName === writer.typeName && (reader.scale ?? 0) === (writer.scale ?? 0)
}
