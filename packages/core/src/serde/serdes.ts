import { asBuffer } from '../base/bytes.ts'
import type { Duration } from '../base/duration.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from './serde.ts'
import { sessionWindowed, timeWindowed, WindowedSerde } from './windowed-serdes.ts'

/** Kafka's `StringSerializer`: UTF-8. */
const string: Serde<string> = {
  serialize: (value) => Buffer.from(checkType(value, 'string'), 'utf8'),
  deserialize: (bytes) => asBuffer(bytes).toString('utf8'),
}

/**
 * JSON in UTF-8. `T` is a claim about the topic, not checked at run time.
 * An object is written with its keys in their own order: use it for keys only where that order is fixed.
 */
function json<T>(): Serde<T> {
  return {
    serialize(value) {
      const text = JSON.stringify(value) as string | undefined // undefined for functions, symbols, undefined
      if (text === undefined) throw new TypeError(`not a JSON value: ${typeof value}`)
      return Buffer.from(text, 'utf8')
    },
    deserialize: (bytes) => JSON.parse(asBuffer(bytes).toString('utf8')) as T, // the caller's claim about the topic
  }
}

/** Kafka's `LongSerializer`, 8 bytes; safe integers only. See `bigint` for the whole range. */
const long: Serde<number> = {
  serialize(value) {
    if (!Number.isSafeInteger(value)) throw new TypeError(`not a safe integer: ${String(value)}`)
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), 0)
    bytes.writeUInt32BE(value >>> 0, 4)
    return bytes
  },
  deserialize(bytes) {
    const buffer = sized(bytes, 8, 'long')
    const value = buffer.readInt32BE(0) * 0x1_0000_0000 + buffer.readUInt32BE(4)
    if (!Number.isSafeInteger(value)) {
      throw new RangeError('a long beyond 2^53 does not fit a number; use serdes.bigint')
    }
    return value
  },
}

/** Kafka's `LongSerializer` over its whole range. */
const bigint: Serde<bigint> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(value)
    return bytes
  },
  deserialize: (bytes) => sized(bytes, 8, 'long').readBigInt64BE(),
}

/** Kafka's `IntegerSerializer`, 4 bytes. */
const integer: Serde<number> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(checkInteger(value))
    return bytes
  },
  deserialize: (bytes) => sized(bytes, 4, 'integer').readInt32BE(),
}

/** Kafka's `ShortSerializer`, 2 bytes. */
const short: Serde<number> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(2)
    bytes.writeInt16BE(checkInteger(value))
    return bytes
  },
  deserialize: (bytes) => sized(bytes, 2, 'short').readInt16BE(),
}

/** Kafka's `DoubleSerializer`, 8 bytes. */
const double: Serde<number> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleBE(checkType(value, 'number'))
    return bytes
  },
  deserialize: (bytes) => sized(bytes, 8, 'double').readDoubleBE(),
}

/** Kafka's `FloatSerializer`, 4 bytes. */
const float: Serde<number> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeFloatBE(checkType(value, 'number'))
    return bytes
  },
  deserialize: (bytes) => sized(bytes, 4, 'float').readFloatBE(),
}

/** Kafka's `BooleanSerializer`, 1 byte. */
const boolean: Serde<boolean> = {
  serialize: (value) => Buffer.of(checkType(value, 'boolean') ? 1 : 0),
  deserialize(bytes) {
    const byte = sized(bytes, 1, 'boolean')[0]
    if (byte !== 0 && byte !== 1) throw new RangeError(`not a boolean: byte ${String(byte)}`)
    return byte === 1
  },
}

/** The bytes as they are, without a copy. */
const bytes: Serde<Uint8Array> = {
  serialize: (value) => value,
  deserialize: (value) => value,
}

/** The same serde, with a type that says that null happens. */
function nullable<T>(serde: Serde<T>): Serde<T | null> {
  if (serde instanceof WindowedSerde) return serde // and so still known for one
  return {
    serialize(value, topic) {
      if (value === null) throw new TypeError('a serde is never called with null')
      return serde.serialize(value, topic)
    },
    deserialize: (value, topic) => serde.deserialize(value, topic),
    prepare: (topic) => serde.prepare?.(topic),
  }
}

function sized(value: Uint8Array, length: number, type: string): Buffer {
  if (value.length !== length) {
    throw new RangeError(`a ${type} has ${length} bytes, got ${value.length}`)
  }
  return asBuffer(value)
}

/** Node checks the range, but cuts a fraction off and writes NaN as 0. */
function checkInteger(value: number): number {
  if (!Number.isInteger(value)) throw new TypeError(`not an integer: ${String(value)}`)
  return value
}

function checkType<T>(value: T, type: 'string' | 'number' | 'boolean'): T {
  if (typeof value !== type) throw new TypeError(`expected a ${type}, got ${typeof value}`)
  return value
}

/** The serdes that come with Millrace; the bytes are those of Kafka's own serializers. */
export const serdes: {
  readonly string: Serde<string>
  /** Values as JSON. The type is a claim: what is read is not checked. */
  readonly json: <T>() => Serde<T>
  readonly long: Serde<number>
  readonly bigint: Serde<bigint>
  readonly integer: Serde<number>
  readonly short: Serde<number>
  readonly double: Serde<number>
  readonly float: Serde<number>
  readonly boolean: Serde<boolean>
  readonly bytes: Serde<Uint8Array>
  /** The same, with null in the type: of a topic with tombstones or null keys. */
  readonly nullable: <T>(serde: Serde<T>) => Serde<T | null>
  /** Keys of time windows, as Kafka Streams writes them. */
  readonly timeWindowed: <K>(inner: Serde<K>, windowSize: Duration) => Serde<Windowed<K>>
  /** Keys of sessions, as Kafka Streams writes them. */
  readonly sessionWindowed: <K>(inner: Serde<K>) => Serde<Windowed<K>>
} = Object.freeze({
  string,
  json,
  long,
  bigint,
  integer,
  short,
  double,
  float,
  boolean,
  bytes,
  nullable,
  timeWindowed,
  sessionWindowed,
})
