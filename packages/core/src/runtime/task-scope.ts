import type { OperatorTime } from '../processor/operator-context.ts'
import type { Cancellable, DropReason, PunctuationType } from '../processor/processor.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StateStore } from '../state/state-store.ts'
import type { Punctuation } from './punctuation.ts'
import type { RecordCollector } from './record-collector.ts'

/** What the nodes of a task share. The task is the only one that changes it. */
export interface TaskScope {
  readonly applicationId: string
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector
  /** Where the record being processed was read; undefined in punctuators, `init` and `close`. */
  readonly current: RecordMetadata | undefined
  /** The time that stores without timestamps of their own write to their changelogs. */
  readonly currentTimestampMs: number
  readonly streamTimeMs: number
  /** See `OperatorContext`. */
  readonly emitIntervalMs: number
  /** True while a processor may forward. */
  readonly isActive: boolean
  /** What follows happens as if the record from there were being processed. */
  setCurrent(origin: RecordMetadata | undefined, timestampMs: number): void
  nowMs(): number
  store(name: string): StateStore | undefined
  /** A global store, without its writes. */
  globalStore(name: string): StateStore | undefined
  /** See `OperatorContext`. */
  operatorTime(name: string): OperatorTime
  schedule(type: PunctuationType, punctuation: Punctuation): Cancellable
  requestCommit(): void
  recordDropped(nodeName: string, reason: DropReason): void
  /** The task waits for this before it goes on; a rejection fails the record being processed. */
  track(pending: Promise<void>): void
  /** The task processes nothing before this is there, as if a serde had thrown `serdePending`; undefined: it is. */
  waitFor(ready: () => Promise<void> | undefined): void
}
