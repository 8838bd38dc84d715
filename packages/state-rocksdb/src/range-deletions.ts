import { compareBytes } from '@millrace/core/internal'
import type { DatabaseRange } from './binding/database.ts'

interface Deletion {
  readonly range: DatabaseRange
  /** Rows in the range that were written after its deletion. */
  readonly written: Uint8Array[]
}

/**
 * Ranges that are deleted before writes of the same step, made into ranges that can be deleted after it.
 *
 * RocksDB deletes a range in a step of its own. Deleted before the writes, a crash in between leaves a
 * state that never was; so they are deleted after them, and the writes that fell into one are left out
 * of it: `[a, z)` with a write of `k` is `[a, k)` and `[k 00, z)`.
 */
export class RangeDeletions {
  readonly #deletions: Deletion[] = []

  delete(range: DatabaseRange): void {
    if (compareBytes(range.from, range.to) < 0) this.#deletions.push({ range, written: [] })
  }

  /** The row was written, after all deletions so far. */
  written(row: Uint8Array): void {
    for (const { range, written } of this.#deletions) {
      if (compareBytes(row, range.from) >= 0 && compareBytes(row, range.to) < 0) written.push(row)
    }
  }

  /** What is left to delete. */
  ranges(): readonly DatabaseRange[] {
    return this.#deletions.flatMap(({ range, written }) => without(range, written))
  }
}

function without({ from, to }: DatabaseRange, rows: Uint8Array[]): DatabaseRange[] {
  const pieces: DatabaseRange[] = []
  let start = from
  for (const row of rows.sort(compareBytes)) {
    if (compareBytes(start, row) < 0) pieces.push({ from: start, to: row })
    start = Buffer.concat([row, Buffer.from([0])])
  }
  if (compareBytes(start, to) < 0) pieces.push({ from: start, to })
  return pieces
}
