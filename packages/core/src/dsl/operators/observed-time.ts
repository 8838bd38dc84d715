import { operatorContext, type OperatorTime } from '../../processor/operator-context.ts'
import type { ProcessingContext } from '../../processor/processor.ts'

/** Observed, it changes nothing. */
export const NO_TIME = -1

/** Event time as an operator has seen it: what decides which windows have closed. */
export interface ObservedTime {
  /** Moves the time on, never back; returns the highest so far. */
  observe(timestampMs: number): number
}

/**
 * The event time of one operator alone. For those that share a store with others, each of which goes by its own
 * records (Kafka Streams: `observedStreamTime` of the processors of a cogroup).
 */
export class OwnTime implements ObservedTime {
  readonly #time: OperatorTime

  constructor(context: ProcessingContext) {
    this.#time = operatorContext(context).operatorTime(context.nodeName)
  }

  observe(timestampMs: number): number {
    if (timestampMs > this.#time.ms) this.#time.ms = timestampMs
    return this.#time.ms
  }
}
