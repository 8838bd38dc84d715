import type { AvroConversion, LogicalSchema } from './avro-conversion.ts'

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/

/**
 * A decimal as text, `-12.50`: JavaScript has no type that holds all of them. Numbers and bigints are taken too, as
 * long as nothing has to be rounded.
 */
export function decimalConversion(schema: LogicalSchema): AvroConversion | undefined {
  const { type, precision, scale = 0, size } = schema
  if ((type !== 'bytes' && type !== 'fixed') || precision === undefined || precision < scale) {
    return undefined
  }
  return {
    fromAvro: (bytes: Buffer) => decimalText(unscaledOf(bytes), scale),
    toAvro(value: unknown) {
      const unscaled = parseDecimal(value, scale)
      const digits = String(unscaled < 0n ? -unscaled : unscaled)
      if (digits.length > precision) {
        throw new RangeError(`${String(value)} has more than ${precision} digits`)
      }
      return bytesOf(unscaled, type === 'fixed' ? size : undefined)
    },
  }
}

function parseDecimal(value: unknown, scale: number): bigint {
  if (typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'number') {
    throw new TypeError(`a decimal is text such as '12.50', got ${typeof value}`)
  }
  const match = DECIMAL.exec(String(value))
  if (match === null) throw new TypeError(`not a decimal: ${String(value)}`)
  const [, sign = '', whole = '', fraction = ''] = match
  const kept = fraction.replace(/0+$/, '')
  if (kept.length > scale) {
    throw new RangeError(`${String(value)} has more than ${scale} digits behind the point`)
  }
  const unscaled = BigInt(whole + kept.padEnd(scale, '0'))
  return sign === '-' ? -unscaled : unscaled
}

function decimalText(unscaled: bigint, scale: number): string {
  const isNegative = unscaled < 0n
  const digits = String(isNegative ? -unscaled : unscaled).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`
  return isNegative ? `-${text}` : text
}

/** Two's complement, the high byte first. */
function unscaledOf(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
}

/** As few bytes as hold it with its sign, or `size`. */
function bytesOf(unscaled: bigint, size: number | undefined): Buffer {
  let length = 1
  while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++
  if (size !== undefined && length > size) throw new RangeError(`it does not fit ${size} bytes`)
  const bytes = size ?? length
  const hex = BigInt.asUintN(bytes * 8, unscaled).toString(16)
  return Buffer.from(hex.padStart(bytes * 2, '0'), 'hex')
}
