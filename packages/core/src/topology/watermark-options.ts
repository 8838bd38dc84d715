import type { Duration } from '../base/duration.ts'

/**
 * How event time goes on without records, which Kafka Streams has not: there final windows, unmatched
 * join records and suppressed rows wait for the next record, however late it comes.
 */
export interface WatermarkOptions {
  /**
   * A partition is idle when nothing of it is left to process and nothing came for this long. When all
   * partitions of a task are idle, so each of its sources needs the option, its stream time goes on at
   * the speed of the wall clock, from the moment at which the last of them became idle.
   *
   * The price: a record that comes later is judged by the time that has been reached, and may be late.
   * So choose more than the longest pause that the producers of the topic make while they have records
   * to send. How much records may be out of order is said by the grace of each window, as ever.
   */
  readonly idle: Duration
}
