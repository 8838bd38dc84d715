import type { ParsedType, ScalarKind } from '../options/column-type.ts'

/*
 * A value has one encoded form, so that keys that are equal in the database are equal here: decimals without
 * zeros at the end, timestamps in UTC with six digits, UUIDs in small letters.
 */

/** A value on its way to any database. Text for decimals, timestamps, dates, JSON and UUIDs. */
export type Encoded = string | number | bigint | boolean | Uint8Array | null | readonly Encoded[]

/** Thrown for a value that its column cannot hold. */
export class ValueMismatch extends Error {}

type Encoder = (value: unknown, type: ParsedType) => Encoded

/** @throws ValueMismatch for a value that does not fit the type. Null and undefined are null. */
export function encodeValue(value: unknown, type: ParsedType): Encoded {
  if (value === null || value === undefined) return null
  const encode = ENCODERS[type.kind]
  if (!type.isArray) return encode(value, type)
  if (!Array.isArray(value)) throw mismatch('an array', value)
  return value.map((element: unknown) =>
    element === null || element === undefined ? null : encode(element, type),
  )
}

const INT_MIN = -(2n ** 31n)
const INT_MAX = 2n ** 31n - 1n
const BIGINT_MIN = -(2n ** 63n)
const BIGINT_MAX = 2n ** 63n - 1n

function text(value: unknown): Encoded {
  if (typeof value !== 'string') throw mismatch('a string', value)
  return value
}

function whole(value: unknown, min: bigint, max: bigint): bigint {
  const number = wholeFrom(value)
  if (number < min || number > max)
    throw new ValueMismatch(`${number} is not between ${min} and ${max}`)
  return number
}

function wholeFrom(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^[+-]?\d{1,40}$/.test(value))
    return BigInt(value.replace('+', ''))
  if (typeof value !== 'number') throw mismatch('a whole number', value)
  if (!Number.isInteger(value)) throw new ValueMismatch(`${value} is not a whole number`)
  if (!Number.isSafeInteger(value)) {
    throw new ValueMismatch(
      `${value} is beyond 2^53 and may not be exact: use a bigint or a string`,
    )
  }
  return BigInt(value)
}

function double(value: unknown): Encoded {
  if (typeof value === 'number') return value
  const isNumeric = typeof value === 'bigint' || (typeof value === 'string' && value.trim() !== '')
  const number = isNumeric ? Number(value) : NaN
  if (Number.isNaN(number)) throw mismatch('a number', value)
  return number
}

const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** A decimal that has its encoded form already, as most do: checked at a third of the time. */
const PLAIN_DECIMAL = /^-?[1-9]\d*(?:\.\d*[1-9])?$/

function decimal(value: unknown, { precision, scale }: ParsedType): Encoded {
  if (typeof value === 'string' && isPlainDecimal(value, precision, scale)) return value
  const { sign, integer, fraction } = decimalParts(value)
  if (fraction.length > scale || integer.length > precision - scale) {
    throw new ValueMismatch(`${String(value)} does not fit decimal(${precision},${scale})`)
  }
  const digits = (integer === '' ? '0' : integer) + (fraction === '' ? '' : `.${fraction}`)
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits
}

/** True only if it fits; false for some that do. The point and the sign are counted as digits before the point. */
function isPlainDecimal(text: string, precision: number, scale: number): boolean {
  if (text.length > precision || !PLAIN_DECIMAL.test(text)) return false
  const point = text.indexOf('.')
  const fraction = point === -1 ? 0 : text.length - point - 1
  return fraction <= scale && text.length - fraction <= precision - scale
}

interface DecimalParts {
  readonly sign: string | undefined
  readonly integer: string
  readonly fraction: string
}

function decimalParts(value: unknown): DecimalParts {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') {
    const parts = DECIMAL.exec(String(value))
    const [, sign, before = '', after = '', exponent = '0'] = parts ?? []
    if (parts !== null) return { sign, ...shift(before, after, Number(exponent)) }
  }
  throw mismatch('a decimal', value)
}

/** Moves the point by `exponent` digits; no zeros that say nothing are left on either side. */
function shift(
  before: string,
  after: string,
  exponent: number,
): { readonly integer: string; readonly fraction: string } {
  const digits = before + after
  const point = before.length + exponent
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0')
  const at = Math.max(0, point)
  return {
    integer: padded.slice(0, at).replace(/^0+/, ''),
    fraction: padded.slice(at).replace(/0+$/, ''),
  }
}

function boolean(value: unknown): Encoded {
  if (typeof value !== 'boolean') throw mismatch('a boolean', value)
  return value
}

const TIMESTAMP =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}(?::?\d{2})?)?$/

const PLAIN_TIMESTAMP = /^\d{4}-\d\d-[012]\d(?<!29)T\d\d:\d\d:\d\d\.\d{3}Z$/

/** `2026-11-29T03:04:05.123456Z` */
function timestamp(value: unknown): Encoded {
  if (typeof value !== 'string') return micros(instant(value), '')
  // As `toISOString` writes it, before the 29th, so that the day is one of its month: no need to take it apart.
  const isPlain = PLAIN_TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value))
  return isPlain ? `${value.slice(0, 23)}000Z` : timestampFrom(value)
}

function timestampFrom(value: string): Encoded {
  const [all, day, time, fraction = '', zone = 'Z'] = TIMESTAMP.exec(value) ?? []
  if (all === undefined || day === undefined || time === undefined) {
    throw mismatch('a timestamp', value)
  }
  if (/[1-9]/.test(fraction.slice(6))) {
    throw new ValueMismatch(`${value} has more than six digits after the second`)
  }
  const offset = /^[+-]\d{2}$/.test(zone)
    ? `${zone}:00`
    : zone.replace(/^(.\d{2})(\d{2})$/, '$1:$2')
  const date = new Date(`${day}T${time}${offset}`)
  // A day that the month has not, such as the 30th of February, runs over into the next month.
  const isCalendarDay = new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8))
  if (Number.isNaN(date.getTime()) || !isCalendarDay) throw mismatch('a timestamp', value)
  return micros(date, fraction)
}

function instant(value: unknown): Date {
  const date =
    value instanceof Date ? value : typeof value === 'number' ? new Date(value) : undefined
  if (date === undefined || Number.isNaN(date.getTime())) throw mismatch('a timestamp', value)
  return date
}

function micros(date: Date, fraction: string): string {
  const iso = date.toISOString()
  if (iso.length !== 24) throw new ValueMismatch(`${iso} is not in a year from 0 to 9999`)
  return fraction === ''
    ? `${iso.slice(0, -1)}000Z`
    : `${iso.slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}

/** `2026-11-29` */
function date(value: unknown): Encoded {
  if (value instanceof Date) return micros(instant(value), '').slice(0, 10)
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    throw mismatch("a date such as '2026-11-29'", value)
  }
  const parsed = new Date(`${value}T00:00:00Z`)
  if (Number.isNaN(parsed.getTime()) || parsed.getUTCDate() !== Number(value.slice(8))) {
    throw mismatch('a date', value)
  }
  return value
}

function json(value: unknown): Encoded {
  try {
    // What JSON cannot hold, such as a function, gives undefined, whatever the type of stringify says.
    const encoded = JSON.stringify(value) as string | undefined
    if (encoded !== undefined) return encoded
  } catch (error) {
    throw new ValueMismatch('the value is no JSON: a cycle, or a bigint', { cause: error })
  }
  throw mismatch('JSON', value)
}

function uuid(value: unknown): Encoded {
  const isUuid =
    typeof value === 'string' &&
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)
  if (!isUuid) throw mismatch('a UUID', value)
  return value.toLowerCase()
}

function bytes(value: unknown): Encoded {
  if (!(value instanceof Uint8Array)) throw mismatch('a Uint8Array', value)
  return value
}

const ENCODERS: Readonly<Record<ScalarKind, Encoder>> = {
  text,
  int: (value) => whole(value, INT_MIN, INT_MAX),
  bigint: (value) => whole(value, BIGINT_MIN, BIGINT_MAX),
  double,
  decimal,
  boolean,
  timestamp,
  date,
  json,
  uuid,
  bytes,
}

/** Tells the kind of the value and not the value, which may be long, or nobody's business. */
function mismatch(expected: string, value: unknown): ValueMismatch {
  const isShort = typeof value === 'string' && value.length <= 40
  const found = Array.isArray(value)
    ? 'an array'
    : isShort
      ? JSON.stringify(value)
      : `a value of type ${typeof value}`
  return new ValueMismatch(`${found} is not ${expected}`)
}
