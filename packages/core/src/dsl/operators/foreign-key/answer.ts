import type { Awaitable } from '../../../base/awaitable.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../../processor/value-getter.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import type { SubscriptionResponse } from '../../../serde/subscription-response-serde.ts'
import type { Subscription } from '../../../serde/subscription-serde.ts'
import type { ValueAndTimestamp } from '../../../state/key-value-store.ts'
import { type KeySchema, type PseudoTopics, pseudoTopics } from './protocol.ts'

export interface AnswerParts<K, KO, VO> {
  readonly keys: KeySchema<K, KO>
  /** The rows of the right side. */
  readonly rows: ValueGetterSupplier<KO, VO>
}

/**
 * Answers a subscription, if it asks for an answer, with the row that there is on the right now. The timestamp is
 * the larger of the subscription's and the row's (Kafka Streams: `SubscriptionJoinProcessorSupplier`). Of a
 * table with a cache the row is that which was forwarded: of one that comes and goes in one commit nobody would be
 * told that it is gone. In Kafka Streams it is the current one.
 */
export function answer<K, KO, VO>(
  parts: AnswerParts<K, KO, VO>,
): ProcessorSupplier<KO | null, Subscription, K, SubscriptionResponse<VO>> {
  return () => new Answer(parts)
}

class Answer<K, KO, VO> implements Processor<KO | null, Subscription, K, SubscriptionResponse<VO>> {
  readonly #parts: AnswerParts<K, KO, VO>
  #topics!: PseudoTopics // both are set by init, which comes before the first record
  #rows!: ValueGetter<KO, VO>

  constructor(parts: AnswerParts<K, KO, VO>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, SubscriptionResponse<VO>>): void {
    this.#topics = pseudoTopics(context, this.#parts.keys.registration)
    this.#rows = this.#parts.rows.create(context, 'forwarded')
  }

  process(
    record: StreamRecord<KO | null, Subscription>,
    context: ProcessorContext<K, SubscriptionResponse<VO>>,
  ): Awaitable<void> {
    const { key: foreignKey, value: subscription } = record
    const { instruction } = subscription
    if (instruction === 'delete') return
    const row = foreignKey === null ? null : this.#rows.get(foreignKey)
    if (row === null && instruction === 'answer-if-present') return
    return context.forward(this.#response(record, row))
  }

  #response(
    record: StreamRecord<KO | null, Subscription>,
    row: ValueAndTimestamp<VO> | null,
  ): StreamRecord<K, SubscriptionResponse<VO>> {
    const { instruction, hash, primaryKey, primaryPartition } = record.value
    const value = row === null || instruction === 'delete-and-answer' ? null : row.value
    const key = this.#parts.keys.primaryKey.deserialize(primaryKey, this.#topics.primaryKey)
    const response = record.withKeyValue(key, { hash, value, primaryPartition })
    return row !== null && row.timestampMs > record.timestampMs
      ? response.withTimestamp(row.timestampMs)
      : response
  }
}
