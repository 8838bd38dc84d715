import type { DropReason } from '../processor/processor.ts'
import type { SinkMetrics } from './sink/sink-metrics.ts'

/** Counters of one app; names as in Kafka Streams, where it has them. All count from the start of the app. */
export interface AppMetrics {
  /**
   * Records of the inputs and of global topics that are known to be there and not processed yet. Of inputs 0 while
   * nothing is assigned.
   */
  lag: number
  recordsConsumed: number
  recordsProcessed: number
  recordsProduced: number
  commits: number
  aborts: number
  rebalances: number
  fenced: number
  recordsRestored: number
  /** Changelog records applied by standby tasks. */
  recordsReplicated: number
  punctuations: number
  /** By standby task: changelog records that are known to be there and not applied yet. */
  readonly standbyLag: Readonly<Record<string, number>>
  /** `dropped-records-total`, by reason. */
  readonly dropped: Partial<Record<DropReason, number>>
  /** Of external sinks, by the name given to `toSink`. */
  readonly sinks: Readonly<Record<string, SinkMetrics>>
}

export function createMetrics(): AppMetrics {
  return {
    lag: 0,
    recordsConsumed: 0,
    recordsProcessed: 0,
    recordsProduced: 0,
    commits: 0,
    aborts: 0,
    rebalances: 0,
    fenced: 0,
    recordsRestored: 0,
    recordsReplicated: 0,
    punctuations: 0,
    standbyLag: {},
    dropped: {},
    sinks: {},
  }
}
