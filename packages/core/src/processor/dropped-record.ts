import type { StreamRecord } from '../record/stream-record.ts'
import type { Window } from '../record/windowed.ts'

/** Why a record was dropped. */
export type DropReason =
  | 'null-key'
  | 'null-value'
  | 'null-foreign-key'
  | 'late'
  | 'before-window-start'
  | 'expired-version'
  | 'out-of-order-version'
  | 'stale-response'
  | 'invalid-timestamp'
  | 'no-partition'
  | 'deserialization'
  | 'processing'

/**
 * A record that an operator has dropped, as the side stream of that operator has it: under the record's own key,
 * with its timestamp and headers.
 *
 * Plain data: what `serdes.json()` makes of it is its form in a topic, if that can hold `V`.
 */
export interface DroppedRecord<out V> {
  readonly reason: DropReason
  /** The operator that dropped it, by its name in the topology. */
  readonly operator: string
  /** Where the source record was read; null where no single one is known, as in a punctuator. */
  readonly topic: string | null
  readonly partition: number | null
  readonly offset: number | null
  /** Event time of the record, in ms; negative when that is why it was dropped. */
  readonly timestampMs: number
  /** The event time by which it was judged, in ms. */
  readonly streamTimeMs: number
  /** The window that did not take it. A record has one entry for each of its windows that did not. */
  readonly window?: Window
  /** What the operator was given; of a table the new value of the row. */
  readonly value: V | null
}

/** What an operator says of a record that it drops, beyond the reason. */
export interface DroppedDetails {
  /** The window that is closed. */
  readonly window?: Window
  /** The event time by which the operator judged. @defaultValue that of the task */
  readonly streamTimeMs?: number
  /** @defaultValue the record that is being processed */
  readonly record?: StreamRecord<unknown, unknown>
}
