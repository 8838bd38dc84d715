/** Text of a key or a value: null stays null, numbers become decimals. */
export function text(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new TypeError(`a scenario has no values of type ${typeof value}`)
}

/** The text, with null as the four letters `null`. */
export function show(value: unknown): string {
  return text(value) ?? 'null'
}

/** The value of a decimal; 0 for null and for what is none. */
export function numberOf(value: unknown): number {
  const decimal = text(value)
  return decimal !== null && /^-?[0-9]+$/.test(decimal) ? Number(decimal) : 0
}

/** Parts between separators, empty ones included; none for null. */
export function partsOf(value: unknown, separator: string): readonly string[] {
  return text(value)?.split(separator) ?? []
}

/** Field n of a text split at commas; null where there is none. */
export function fieldOf(value: unknown, n: number): string | null {
  return partsOf(value, ',')[n] ?? null
}
