import type { ValueCodec } from './message-codec.ts'

/** A 64-bit integer as protobufjs has it. */
interface LongBits {
  readonly low: number
  readonly high: number
}

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1
const LOW_32 = 0xffff_ffffn

/** Values without fields, by the name of their type. @throws TypeError for a name that there is not */
export function scalarCodec(type: string, long: 'number' | 'bigint'): ValueCodec {
  switch (type) {
    case 'double':
    case 'float':
      return checked('number', 0, (value): value is number => typeof value === 'number')
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return checked(type, 0, (value): value is number => isBetween(value, INT32_MIN, INT32_MAX))
    case 'uint32':
    case 'fixed32':
      return checked(type, 0, (value): value is number => isBetween(value, 0, UINT32_MAX))
    case 'bool':
      return checked('boolean', false, (value): value is boolean => typeof value === 'boolean')
    case 'string':
      return checked('string', '', (value): value is string => typeof value === 'string')
    case 'bytes':
      return bytesCodec
    default:
      return longCodec(type, long)
  }
}

function checked<T>(
  expected: string,
  defaultValue: T,
  fits: (value: unknown) => value is T,
): ValueCodec {
  return {
    toWire(value) {
      if (fits(value)) return value
      throw new TypeError(`expected a ${expected}, got ${describe(value)}`)
    },
    fromWire: (value) => value,
    // Negative zero is another value, and is written.
    isDefault: (value) => Object.is(value, defaultValue),
    defaultValue,
  }
}

const bytesCodec: ValueCodec = {
  toWire(value) {
    if (value instanceof Uint8Array) return value
    throw new TypeError(`expected bytes, got ${describe(value)}`)
  },
  // The decoder gives a view of the record, which is not ours to keep.
  fromWire: (value) => Buffer.from(value as Uint8Array),
  isDefault: (value) => (value as Uint8Array).length === 0,
  get defaultValue() {
    return Buffer.alloc(0)
  },
}

function longCodec(type: string, long: 'number' | 'bigint'): ValueCodec {
  const isUnsigned = type === 'uint64' || type === 'fixed64'
  const isKnown = isUnsigned || type === 'int64' || type === 'sint64' || type === 'sfixed64'
  if (!isKnown) throw new TypeError(`there is no type ${type}`)
  return {
    toWire: (value) => bitsOf(value, type, isUnsigned),
    fromWire: (value) => {
      const number =
        typeof value === 'number' ? BigInt(value) : bigintOf(value as LongBits, isUnsigned) // what the decoder made
      if (long === 'bigint') return number
      if (Number.isSafeInteger(Number(number))) return Number(number)
      throw new RangeError(`${number} does not fit a number; set long: 'bigint'`)
    },
    isDefault: (value) => value === 0 || value === 0n,
    defaultValue: long === 'bigint' ? 0n : 0,
  }
}

function bitsOf(value: unknown, type: string, isUnsigned: boolean): LongBits {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) {
    throw new TypeError(`expected a ${type}, got ${describe(value)}`)
  }
  const number = BigInt(value)
  const kept = isUnsigned ? BigInt.asUintN(64, number) : BigInt.asIntN(64, number)
  if (kept !== number) throw new RangeError(`${number} does not fit a ${type}`)
  return { low: Number(number & LOW_32) | 0, high: Number((number >> 32n) & LOW_32) | 0 }
}

function bigintOf({ low, high }: LongBits, isUnsigned: boolean): bigint {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return isUnsigned ? bits : BigInt.asIntN(64, bits)
}

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return 'an object'
  const isSimple =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return isSimple || typeof value === 'boolean' ? `${typeof value} ${value}` : `a ${typeof value}`
}
