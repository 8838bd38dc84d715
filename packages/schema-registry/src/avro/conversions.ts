import type { AvroConversion, AvroConversionOf, LogicalSchema } from './avro-conversion.ts'
import { decimalConversion } from './decimal.ts'
import {
  dateConversion,
  fineTimestampConversion,
  localTimestampConversion,
  timestampMillisConversion,
} from './times.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const UUID_BYTES = 16
const DURATION_BYTES = 12

/** What an Avro `duration` is in JavaScript. */
export interface AvroDuration {
  readonly months: number
  readonly days: number
  readonly milliseconds: number
}

/** The time of day, as the number that Avro has: milliseconds or microseconds since midnight. */
function timeConversion(perDay: number, below: string): AvroConversionOf {
  return ({ type }) => {
    if (type !== below) return undefined
    return {
      fromAvro: (units: number) => units,
      toAvro(value: unknown) {
        if (typeof value === 'number' && value >= 0 && value < perDay) return value
        throw new RangeError(`a time of day is from 0 to ${perDay - 1}, got ${String(value)}`)
      },
    }
  }
}

/** Text in the usual form; 16 bytes where the type below is fixed. */
function uuidConversion({ type, size }: LogicalSchema): AvroConversion | undefined {
  const check = (value: unknown): string => {
    if (typeof value === 'string' && UUID.test(value)) return value
    throw new TypeError(`not a UUID: ${String(value)}`)
  }
  if (type === 'string') return { fromAvro: (text: string) => text, toAvro: check }
  if (type !== 'fixed' || size !== UUID_BYTES) return undefined
  return {
    fromAvro(bytes: Buffer) {
      const hex = bytes.toString('hex')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') // prettier-ignore
    },
    toAvro: (value: unknown) => Buffer.from(check(value).replaceAll('-', ''), 'hex'),
  }
}

/** Three numbers, which stay three: how long a month is nobody can say. */
function durationConversion({ type, size }: LogicalSchema): AvroConversion | undefined {
  if (type !== 'fixed' || size !== DURATION_BYTES) return undefined
  return {
    fromAvro: (bytes: Buffer): AvroDuration => ({
      months: bytes.readUInt32LE(0),
      days: bytes.readUInt32LE(4),
      milliseconds: bytes.readUInt32LE(8),
    }),
    toAvro(value: unknown) {
      const { months, days, milliseconds } = value as AvroDuration // the type of the field
      const bytes = Buffer.allocUnsafe(DURATION_BYTES)
      bytes.writeUInt32LE(months, 0)
      bytes.writeUInt32LE(days, 4)
      bytes.writeUInt32LE(milliseconds, 8)
      return bytes
    },
  }
}

/** The logical types of Avro 1.12, by name. */
export const CONVERSIONS: Readonly<Record<string, AvroConversionOf>> = {
  decimal: decimalConversion,
  date: dateConversion,
  'time-millis': timeConversion(86_400_000, 'int'),
  'time-micros': timeConversion(86_400_000_000, 'long'),
  'timestamp-millis': timestampMillisConversion,
  'timestamp-micros': fineTimestampConversion,
  'timestamp-nanos': fineTimestampConversion,
  'local-timestamp-millis': localTimestampConversion(3),
  'local-timestamp-micros': localTimestampConversion(6),
  'local-timestamp-nanos': localTimestampConversion(9),
  uuid: uuidConversion,
  duration: durationConversion,
}
