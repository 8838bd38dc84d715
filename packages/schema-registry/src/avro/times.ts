import type { AvroConversion, LogicalSchema } from './avro-conversion.ts'

const MS_PER_DAY = 86_400_000
const DATE = /^(?:\d{4}|[+-]\d{6})-\d{2}-\d{2}$/
const LOCAL = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?$/

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
  const [, day = '', time = '', fraction = ''] = match
  const ms = realTime(`${day}T${time}`)
  const kept = fraction.replace(/0+$/, '')
  if (kept.length > digits) throw new RangeError(`${String(value)} is finer than ${digits} digits`)
  return (BigInt(ms) / 1000n) * 10n ** BigInt(digits) + BigInt(kept.padEnd(digits, '0'))
}

function dayText(days: number): string {
  return new Date(days * MS_PER_DAY).toISOString().slice(0, -14)
}

function daysOf(value: unknown): number {
  if (typeof value !== 'string' || !DATE.test(value)) {
    throw new TypeError(`a date is text such as '2026-11-29'`)
  }
  return realTime(`${value}T00:00:00`) / MS_PER_DAY
}

/** Milliseconds of a time in UTC. JavaScript takes the 30th of February for the 2nd of March, which nobody meant. */
function realTime(text: string): number {
  const date = new Date(`${text}Z`)
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
  if (!isReal) throw new RangeError(`there is no such time: ${text}`)
  return date.getTime()
}
