import { type Awaitable, isPromiseLike } from '../../../base/awaitable.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { Change } from '../../../record/change.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import type { SubscriptionResponse } from '../../../serde/subscription-response-serde.ts'
import type { Subscription } from '../../../serde/subscription-serde.ts'
import type { KeyValueEntry, ValueAndTimestamp } from '../../../state/key-value-store.ts'
import type { StoreBuilder } from '../../../state/store-builder.ts'
import {
  combinedKeyPrefix,
  type KeySchema,
  type PseudoTopics,
  pseudoTopics,
  type SubscriptionStore,
} from './protocol.ts'

export interface UpdateParts<K, KO> {
  readonly keys: KeySchema<K, KO>
  readonly store: StoreBuilder<SubscriptionStore>
  /** True: the table is versioned, and an update that is not the latest is dropped (KIP-914). */
  readonly isVersioned: boolean
}

type Subscriber = KeyValueEntry<Uint8Array, ValueAndTimestamp<Subscription>>

/**
 * Tells each change of a row on the right to all rows on the left that have subscribed to it, in the order
 * of their keys' bytes, with the timestamp and headers of the change. A null key is dropped and counted
 * (Kafka Streams: `ForeignTableJoinProcessorSupplier`).
 */
export function update<K, KO, VO>(
  parts: UpdateParts<K, KO>,
): ProcessorSupplier<KO, Change<VO>, K, SubscriptionResponse<VO>> {
  return () => new Update(parts)
}

class Update<K, KO, VO> implements Processor<KO, Change<VO>, K, SubscriptionResponse<VO>> {
  readonly #parts: UpdateParts<K, KO>
  #topics!: PseudoTopics // both are set by init, which comes before the first record
  #store!: SubscriptionStore

  constructor(parts: UpdateParts<K, KO>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, SubscriptionResponse<VO>>): void {
    this.#topics = pseudoTopics(context, this.#parts.keys.registration)
    this.#store = context.getStateStore(this.#parts.store)
  }

  process(
    record: StreamRecord<KO, Change<VO>>,
    context: ProcessorContext<K, SubscriptionResponse<VO>>,
  ): Awaitable<void> {
    const { key, value: change } = record
    if (key === null) {
      context.recordDropped('null-key')
      return
    }
    if (this.#parts.isVersioned && !change.isLatest) {
      context.recordDropped('out-of-order-version')
      return
    }
    const foreignKey = this.#parts.keys.foreignKey.serialize(key, this.#topics.foreignKey)
    const subscribers = this.#store.prefixScan(combinedKeyPrefix(foreignKey))
    return this.#tell(subscribers, record, context)
  }

  /** One after the other: where the downstream is asynchronous, the next waits for it. */
  #tell(
    subscribers: Iterator<Subscriber>,
    record: StreamRecord<KO, Change<VO>>,
    context: ProcessorContext<K, SubscriptionResponse<VO>>,
  ): Awaitable<void> {
    const { primaryKey: serde } = this.#parts.keys
    for (let next = subscribers.next(); next.done !== true; next = subscribers.next()) {
      const { primaryKey, hash, primaryPartition } = next.value[1].value
      const key = serde.deserialize(primaryKey, this.#topics.primaryKey)
      const response = { hash, value: record.value.newValue, primaryPartition }
      const pending = context.forward(record.withKeyValue(key, response))
      if (isPromiseLike(pending))
        return pending.then(() => this.#tell(subscribers, record, context))
    }
  }
}
