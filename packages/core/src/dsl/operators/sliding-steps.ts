import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { WindowEntry } from '../../state/window-store.ts'

/*
 * What a record does to the sliding windows of its key. A window starts right behind a record, or ends
 * with one; it is there only if records are in it. The timestamp of a window is that of its last record.
 *
 * Let t be the record's time and d the difference. Among the windows that start from t - 2d to t + 1 there
 * are: those that hold t (start from t - d to t), the one right behind t, and the last one that ends before t.
 * From their aggregates and timestamps follows what is in the windows that are not there yet.
 */

/** To be done in this order. */
export type SlidingStep<A> =
  /** The record is added to a window; without a row to a new one. */
  | {
      readonly kind: 'add'
      readonly startMs: number
      readonly row: ValueAndTimestamp<A> | undefined
    }
  /** A window begins with what another one holds: the record is not in it. */
  | { readonly kind: 'copy'; readonly startMs: number; readonly row: ValueAndTimestamp<A> }

type Rows<A> = Iterable<WindowEntry<ValueAndTimestamp<A>>>

/** `rows`: the windows that start from t - 2d to t + 1, the latest first. */
export function slidingSteps<A>(
  rows: Rows<A>,
  timestampMs: number,
  differenceMs: number,
): readonly SlidingStep<A>[] {
  const found = new FoundWindows<A>(timestampMs)
  let before: ValueAndTimestamp<A> | undefined
  let hasOwn = false
  for (const [startMs, row] of rows) {
    const endMs = startMs + differenceMs
    if (endMs < timestampMs) {
      before = row
      found.previousMs = row.timestampMs
      break
    }
    found.see(startMs, row)
    if (endMs !== timestampMs) continue
    hasOwn = true
    // A record of the same time has made all of the windows already.
    if (row.timestampMs >= timestampMs) return found.steps
    found.previousMs = row.timestampMs
  }
  const { steps, previousMs } = found
  if (previousMs !== undefined && previousMs + 1 + differenceMs >= timestampMs) {
    found.addBehind(previousMs)
  }
  if (!hasOwn) {
    const startMs = timestampMs - differenceMs
    // The window before holds the records of this one if the last of them is still within it.
    const row = previousMs !== undefined && startMs <= previousMs ? before : undefined
    steps.push({ kind: 'add', startMs, row })
  }
  found.copyBehind(found.latest)
  return steps
}

/** For t < d, where the window from 0 on holds all records until d. `rows`: the windows that start from 0 to t + 1. */
export function earlySlidingSteps<A>(
  rows: Rows<A>,
  timestampMs: number,
): readonly SlidingStep<A>[] {
  const found = new FoundWindows<A>(timestampMs)
  let combined: ValueAndTimestamp<A> | undefined
  let latest: ValueAndTimestamp<A> | undefined
  for (const [startMs, row] of rows) {
    if (startMs === 0) {
      combined = row
      if (row.timestampMs < timestampMs) found.previousMs = row.timestampMs
    } else {
      found.see(startMs, row)
      if (startMs <= timestampMs) latest = row
    }
  }
  // Without a window between 0 and t, what comes behind t is in the one from 0 on, and nothing before t is.
  if (latest === undefined && combined !== undefined && combined.timestampMs > timestampMs) {
    latest = combined
  }
  found.copyBehind(latest)
  if (found.previousMs !== undefined) found.addBehind(found.previousMs)
  found.steps.push({ kind: 'add', startMs: 0, row: combined })
  return found.steps
}

/** The windows that are there, and the steps that follow from them. */
class FoundWindows<A> {
  readonly steps: SlidingStep<A>[] = []
  /** When the record before this one came. */
  previousMs: number | undefined
  /** Of the windows that hold t, the first one seen. */
  latest: ValueAndTimestamp<A> | undefined
  readonly #timestampMs: number
  #hasBehind = false

  constructor(timestampMs: number) {
    this.#timestampMs = timestampMs
  }

  /** A window that holds t, or the one right behind it. */
  see(startMs: number, row: ValueAndTimestamp<A>): void {
    if (startMs === this.#timestampMs + 1) {
      this.#hasBehind = true
      return
    }
    this.latest ??= row
    this.steps.push({ kind: 'add', startMs, row })
  }

  /** The window right behind an earlier record now has its first one, which is this. */
  addBehind(earlierMs: number): void {
    const startMs = earlierMs + 1
    if (this.steps.some((step) => step.startMs === startMs)) return
    this.steps.push({ kind: 'add', startMs, row: undefined })
  }

  /** The window right behind t, which begins with what `row` holds if that goes on behind t. */
  copyBehind(row: ValueAndTimestamp<A> | undefined): void {
    if (this.#hasBehind || row === undefined || row.timestampMs <= this.#timestampMs) return
    this.steps.push({ kind: 'copy', startMs: this.#timestampMs + 1, row })
  }
}
