import type { AvroConversion, LogicalSchema } from './avro-conversion.ts'

const MS_PER_DAY = 86_400_000
const DATE = /^(-?\d{4,6})-(\d{2})-(\d{2})$/
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?$/

/** A day as `2026-11-29`, in no time zone. */
export function dateConversion({ type }: LogicalSchema): AvroConversion | undefined {
  if (type !== 'int') return undefined
  return {
    fromAvro: (days: number) => dayText(days),
    toAvro: (value: unknown) => daysOf(value),
  }
}

/** A moment as a `Date`. */
export function timestampMillisConversion({ type }: LogicalSchema): AvroConversion | undefined {
  if (type !== 'long') return undefined
  return {
    fromAvro: (ms: number) => new Date(ms),
    toAvro(value: unknown) {
      if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
        throw new TypeError(`a timestamp is a valid Date, got ${typeof value}`)
      }
      return value.getTime()
    },
  }
}

/** A moment as a bigint of its unit: a `Date` has only milliseconds. */
export function fineTimestampConversion({ type }: LogicalSchema): AvroConversion | undefined {
  if (type !== 'long') return undefined
  return {
    isBigint: true,
    fromAvro: (units: bigint) => units,
    toAvro(value: unknown) {
      if (typeof value !== 'bigint') throw new TypeError(`it is a bigint, got ${typeof value}`)
      return value
    },
  }
}

/** Date and time of day as text, `2026-11-29T12:00:00.000`, in no time zone. */
export function localTimestampConversion(
  digits: 3 | 6 | 9,
): (schema: LogicalSchema) => AvroConversion | undefined {
  const unitsPerSecond = 10n ** BigInt(digits)
  return ({ type }) => {
    if (type !== 'long') return undefined
    return {
      isBigint: true,
      fromAvro(units: bigint) {
        const fraction = ((units % unitsPerSecond) + unitsPerSecond) % unitsPerSecond
        const seconds = Number((units - fraction) / unitsPerSecond)
        const text = new Date(seconds * 1000).toISOString().slice(0, -5)
        return `${text}.${String(fraction).padStart(digits, '0')}`
      },
      toAvro: (value: unknown) => localUnits(value, digits),
    }
  }
}

function localUnits(value: unknown, digits: number): bigint {
  const match = typeof value === 'string' ? LOCAL.exec(value) : null
  if (match === null) {
    throw new TypeError(`a local timestamp is text such as '2026-11-29T12:00:00.000'`)
  }
  const [, , month, day, hour, minute, second, fraction = ''] = match
  const parts = [month, day, hour, minute, second].map(Number)
  const [m = 0, d = 0, h = 0, min = 0, s = 0] = parts
  const ms = Date.UTC(Number(match[1]), m - 1, d, h, min, s)
  const back = new Date(ms)
  const isReal = back.getUTCMonth() === m - 1 && back.getUTCDate() === d && h < 24 && min < 60
  if (!isReal || s >= 60) throw new RangeError(`there is no such time: ${String(value)}`)
  const kept = fraction.replace(/0+$/, '')
  if (kept.length > digits) throw new RangeError(`${String(value)} is finer than ${digits} digits`)
  return (BigInt(ms) / 1000n) * 10n ** BigInt(digits) + BigInt(kept.padEnd(digits, '0') || '0')
}

function dayText(days: number): string {
  return new Date(days * MS_PER_DAY).toISOString().slice(0, -14)
}

function daysOf(value: unknown): number {
  const match = typeof value === 'string' ? DATE.exec(value) : null
  if (match === null) throw new TypeError(`a date is text such as '2026-11-29'`)
  const [, year, month, day] = match.map(Number)
  const ms = Date.UTC(year ?? 0, (month ?? 0) - 1, day)
  const back = new Date(ms)
  if (back.getUTCMonth() !== (month ?? 0) - 1 || back.getUTCDate() !== day) {
    throw new RangeError(`there is no such day: ${String(value)}`)
  }
  return ms / MS_PER_DAY
}
