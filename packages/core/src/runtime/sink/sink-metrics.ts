import type { SinkTier } from '../../sink/sink.ts'
import type { CircuitState } from '../../sink/circuit-breaker.ts'

/** Counters of one external sink in this process; all count from the start of the app. */
export interface SinkMetrics {
  readonly tier: SinkTier
  /** Partitions that this process writes. */
  readonly partitions: number
  /** Batches that the target has acknowledged. */
  readonly batches: number
  /** The records in them. */
  readonly records: number
  /** Attempts that failed and were made again. */
  readonly retries: number
  /** Records that the target refused, whatever became of them. */
  readonly rejected: number
  /** Records of which operators before the sink made nothing. */
  readonly filtered: number
  /** How often another writer had claimed a partition. */
  readonly fenced: number
  /** Offsets between what is acknowledged and the ends of the partitions as the client last heard of them. */
  readonly lag: number
  /** 'closed' where there is no circuit breaker. */
  readonly circuit: CircuitState
}

/** What the parts of a sink count. */
export interface SinkCounters {
  batches: number
  records: number
  retries: number
  rejected: number
  filtered: number
  fenced: number
}

export function createSinkCounters(): SinkCounters {
  return { batches: 0, records: 0, retries: 0, rejected: 0, filtered: 0, fenced: 0 }
}
