import type { Awaitable } from '../../../base/awaitable.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import type { Subscription } from '../../../serde/subscription-serde.ts'
import { valueAndTimestamp } from '../../../state/timestamped-key-value-store.ts'
import type { StoreBuilder } from '../../../state/store-builder.ts'
import {
  combinedKey,
  type KeySchema,
  type PseudoTopics,
  pseudoTopics,
  type SubscriptionStore,
} from './protocol.ts'

export interface ReceiveParts<K, KO> {
  readonly keys: KeySchema<K, KO>
  readonly store: StoreBuilder<SubscriptionStore>
}

/**
 * Keeps the subscriptions to each foreign key, and hands each on to be answered. One without a foreign key is not
 * kept, and dropped if it is not to be answered (Kafka Streams: `SubscriptionReceiveProcessorSupplier`).
 */
export function receive<K, KO>(
  parts: ReceiveParts<K, KO>,
): ProcessorSupplier<KO | null, Subscription, KO | null, Subscription> {
  return () => new Receive(parts)
}

class Receive<K, KO> implements Processor<KO | null, Subscription, KO | null, Subscription> {
  readonly #parts: ReceiveParts<K, KO>
  #topics!: PseudoTopics // both are set by init, which comes before the first record
  #store!: SubscriptionStore

  constructor(parts: ReceiveParts<K, KO>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<KO | null, Subscription>): void {
    this.#topics = pseudoTopics(context, this.#parts.keys.registration)
    this.#store = context.getStateStore(this.#parts.store)
  }

  process(
    record: StreamRecord<KO | null, Subscription>,
    context: ProcessorContext<KO | null, Subscription>,
  ): Awaitable<void> {
    const { key: foreignKey, value: subscription } = record
    if (foreignKey !== null) this.#keep(foreignKey, record)
    else if (subscription.instruction !== 'answer') {
      context.recordDropped('null-foreign-key')
      return
    }
    return context.forward(record)
  }

  #keep(foreignKey: KO, { value: subscription, timestampMs, headers }: Received<KO>): void {
    const { instruction, primaryKey } = subscription
    const serialized = this.#parts.keys.foreignKey.serialize(foreignKey, this.#topics.foreignKey)
    const key = combinedKey(serialized, primaryKey)
    const isKept = instruction === 'answer' || instruction === 'answer-if-present'
    this.#store.put(key, isKept ? valueAndTimestamp(subscription, timestampMs, headers) : null)
  }
}

type Received<KO> = StreamRecord<KO | null, Subscription>
