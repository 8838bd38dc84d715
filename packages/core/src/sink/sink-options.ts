import type { Duration } from '../base/duration.ts'
import type { MillraceError } from '../errors/millrace-error.ts'

/**
 * What becomes of a record that the target refuses for good. 'fail' ends the app with `MR_SINK_REJECTED`,
 * 'dead-letter' writes it to the dead-letter topic, 'drop' logs and counts it. A function decides per record.
 */
export type RejectedRecordHandler =
  'fail' | 'dead-letter' | 'drop' | ((error: MillraceError) => 'fail' | 'dead-letter' | 'drop')

/** How a target that cannot be reached is tried again: waits double, with jitter (half of each wait to all of it). */
export interface SinkRetryOptions {
  /** The first wait. @defaultValue 100 ms */
  readonly initialBackoff?: Duration
  /** The longest wait. @defaultValue 30 seconds */
  readonly maxBackoff?: Duration
  /** How long one batch is tried before the app fails with `MR_TASK_TIMEOUT`; 'never' does not give up. @defaultValue 'never' */
  readonly giveUpAfter?: Duration | 'never'
}

/** When a sink stops asking a target that is down. All partitions wait then; nothing is dropped. */
export interface CircuitBreakerOptions {
  /** Failed attempts in a row, over all partitions, that open the circuit. @defaultValue 5 */
  readonly failures?: number
  /** How long it stays open; then one write is let through, whose outcome decides. @defaultValue 10 seconds */
  readonly openFor?: Duration
}

/** How a batch is cut. Whichever bound comes first. */
export interface SinkBatchOptions {
  /** @defaultValue 1000, or what the sink proposes */
  readonly maxRecords?: number
  /** Of keys and values as they are in the topic. @defaultValue 8 MiB */
  readonly maxBytes?: number
  /** How long the first record of a batch waits for more. Of no account for aligned batches. @defaultValue 50 ms */
  readonly linger?: Duration
}

/** Options of `toSink` that are the runtime's business, whatever the sink. */
export interface SinkRuntimeOptions {
  readonly batch?: SinkBatchOptions
  readonly retry?: SinkRetryOptions
  readonly circuitBreaker?: CircuitBreakerOptions | false
  /** Gets rejected records, with what the target said in headers (names of KIP-1034). It must exist. */
  readonly deadLetterTopic?: string
  /** @defaultValue 'dead-letter' with a `deadLetterTopic`, else 'fail' */
  readonly onRejected?: RejectedRecordHandler
  /** Bytes of records that wait for the target before its partitions are paused; of this sink alone. @defaultValue 32 MiB */
  readonly bufferMaxBytes?: number
}
