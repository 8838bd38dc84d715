import type { Awaitable } from '../base/awaitable.ts'
import type { StreamRecord } from '../record/stream-record.ts'

/** One node of one task: takes records, and hands what it makes of them to its children. */
export interface Node {
  readonly name: string
  init(): Awaitable<void>
  process(record: StreamRecord<unknown, unknown>): Awaitable<void>
  /** Before a commit: caches and the like go downstream. */
  flush(): Awaitable<void>
  /** Present when something in it waits for event time. */
  readonly advanceTime: ((timeMs: number) => Awaitable<void>) | undefined
  /** See `Processor.holdsBackMs`. */
  readonly holdsBackMs: number
  close(): Awaitable<void>
}
