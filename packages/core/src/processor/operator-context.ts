import { assert } from '../base/assert.ts'
import type { Awaitable } from '../base/awaitable.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { ProcessingContext } from './processor.ts'

/**
 * A time that operators keep beside their stores, in ms; -1 when there is none. Part of the task's
 * transaction: an abort takes it back to the last commit.
 */
export interface OperatorTime {
  ms: number
}

/** What the operators of the DSL are told beyond what processors of users are. */
export interface OperatorContext extends ProcessingContext {
  /**
   * Wall-clock time between two looks for results that time alone makes: windows that have closed, records
   * of joins that have stayed alone. 0 looks at every record.
   */
  readonly emitIntervalMs: number
  /**
   * The time of that name, the same object for all operators of the task. It is committed with the offsets
   * of the task's inputs, so it survives a crash and is in no changelog (Kafka Streams: `ProcessorMetadata`).
   * The name is stored with each commit: short, and unique in the sub-topology, as a store's is.
   */
  operatorTime(name: string): OperatorTime
  /**
   * As `forward`, for a record that was held back: until it is done, what follows sees `origin` and the
   * record's timestamp as those of the record being processed.
   */
  forwardFrom(
    origin: RecordMetadata | undefined,
    record: StreamRecord<unknown, unknown>,
  ): Awaitable<void>
}

/** The runtime gives every processor such a context; its type says less to those of users. */
export function operatorContext(context: ProcessingContext): OperatorContext {
  assert('operatorTime' in context, 'an operator needs the context of the runtime')
  return context as OperatorContext // has been checked
}
