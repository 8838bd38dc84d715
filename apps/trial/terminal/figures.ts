import type { Colour, Paint } from './paint.ts'

const BAR_WIDTH = 30

/** A bar that is full when the part is the whole. */
export function bar(part: number, whole: number, colour: Colour, paint: Paint): string {
  const filled = Math.round(BAR_WIDTH * fraction(part, whole))
  return paint('█'.repeat(filled), colour) + paint('░'.repeat(BAR_WIDTH - filled), 'dim')
}

/** Four characters. */
export function percent(part: number, whole: number): string {
  return `${String(Math.floor(100 * fraction(part, whole))).padStart(3)}%`
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function fraction(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole)
}
