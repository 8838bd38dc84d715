import type { Windowed } from '@millrace/core'

/** Text of a key or a value: null stays null, numbers become decimals, windowed keys `key@start/end`. */
export function text(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (isWindowed(value)) return textOfWindowed(value)
  throw new TypeError(`a scenario has no values of type ${typeof value}`)
}

/** The text, with null as the four letters `null`. */
export function show(value: unknown): string {
  return text(value) ?? 'null'
}

/** The value of a decimal; 0 for null and for what is none. */
export function numberOf(value: unknown): bigint {
  const decimal = text(value)
  return decimal !== null && /^-?[0-9]+$/.test(decimal) ? BigInt(decimal) : 0n
}

/** Parts between separators, empty ones included; none for null. */
export function partsOf(value: unknown, separator: string): readonly string[] {
  return text(value)?.split(separator) ?? []
}

/** Field n of a text split at commas; null where there is none. */
export function fieldOf(value: unknown, n: number): string | null {
  return partsOf(value, ',')[n] ?? null
}

/** Where windows without an end do end: Java's largest long, which is no whole number here. */
const NO_END = '9223372036854775807'

export function isWindowed(value: unknown): value is Windowed<unknown> {
  return typeof value === 'object' && value !== null && 'window' in value && 'key' in value
}

function textOfWindowed({ key, window: { startMs, endMs } }: Windowed<unknown>): string {
  const end = Number.isSafeInteger(endMs) && endMs < Number.MAX_SAFE_INTEGER ? endMs : NO_END
  return `${show(key)}@${startMs}/${end}`
}
