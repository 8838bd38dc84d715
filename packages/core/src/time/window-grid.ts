import type { HoppingWindows, TumblingWindows } from './time-windows.ts'
import type { UnlimitedWindows } from './unlimited-windows.ts'

/** Windows whose bounds do not depend on records. */
export type GridWindows = TumblingWindows | HoppingWindows | UnlimitedWindows

/**
 * The windows of a time, as arithmetic: they start at {@link firstStartMs}, and from there every
 * `advanceMs` until that time. All that are too early for a record: none.
 */
export class WindowGrid {
  /** Infinity for windows without an end. */
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
  readonly #startMs: number
  /** The last answer: times that are close to each other have the same one, and a remainder costs. */
  #firstMs = 0

  constructor(windows: GridWindows) {
    const isUnlimited = windows.kind === 'unlimited'
    this.sizeMs = isUnlimited ? Infinity : windows.sizeMs
    this.advanceMs = isUnlimited ? Infinity : windows.advanceMs
    this.graceMs = isUnlimited ? 0 : windows.graceMs
    this.#startMs = isUnlimited ? windows.startMs : 0
  }

  /**
   * Where the earliest window starts that holds `timestampMs`; behind it, when there is none. A window that
   * would start before 0 is no window.
   */
  firstStartMs(timestampMs: number): number {
    const { sizeMs, advanceMs } = this
    if (sizeMs === Infinity) return this.#startMs
    const earliest = Math.max(0, timestampMs - sizeMs + advanceMs)
    if (earliest < this.#firstMs || earliest - this.#firstMs >= advanceMs) {
      this.#firstMs = earliest - (earliest % advanceMs)
    }
    return this.#firstMs
  }

  /** True when two times, neither before 0, are in the same windows; of windows that have an end. */
  areSame(oneMs: number, otherMs: number): boolean {
    if (this.firstStartMs(oneMs) !== this.firstStartMs(otherMs)) return false
    return Math.floor(oneMs / this.advanceMs) === Math.floor(otherMs / this.advanceMs)
  }
}
