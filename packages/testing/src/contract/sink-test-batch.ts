import type { SinkBatch } from '@millrace/core'
import type { SinkRow } from './sink-under-test.ts'

/** How a batch of the suite differs from ten plain records. */
export interface BatchShape {
  /** @defaultValue 0 */
  readonly partition?: number
  /** @defaultValue the topic of the test */
  readonly topic?: string
  /** Offsets that have records. @defaultValue all from `from` to before `to` */
  readonly offsets?: readonly number[]
  /** Records at each offset. @defaultValue 1 */
  readonly indexes?: number
  /** @defaultValue a key of its own for each record */
  readonly keyOf?: (offset: number) => string | null
  /** Offsets that the target refuses. @defaultValue none */
  readonly poison?: readonly number[]
  /** Offsets without a value. @defaultValue none */
  readonly tombstones?: readonly number[]
}

/** A batch, with what the target should hold of it. */
export interface TestBatch extends SinkBatch<unknown, unknown> {
  readonly shape: BatchShape
}

/** The key of a record: its own, unless the batch says otherwise. */
export function keyOf(
  { topic, partition, offset, index }: SinkRow,
  shape: BatchShape,
): string | null {
  return shape.keyOf === undefined
    ? `${topic}/${partition}/${offset}/${index}`
    : shape.keyOf(offset)
}
