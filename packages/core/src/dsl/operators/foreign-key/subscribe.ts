import { assert } from '../../../base/assert.ts'
import { type Awaitable, isPromiseLike } from '../../../base/awaitable.ts'
import { equalBytes } from '../../../base/bytes.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { Change } from '../../../record/change.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import type { Serde } from '../../../serde/serde.ts'
import type { Subscription, SubscriptionInstruction } from '../../../serde/subscription-serde.ts'
import { hashOf, type KeySchema, type PseudoTopics, pseudoTopics } from './protocol.ts'

/** The key of the right row that a left row belongs to; null for none. */
export type ForeignKeyExtractor<K, V, KO> = (value: V, key: K) => KO | null

export interface SubscribeParts<K, V, KO> {
  readonly foreignKey: ForeignKeyExtractor<K, V, KO>
  readonly keys: KeySchema<K, KO>
  /** Makes the bytes that are hashed. */
  readonly value: Serde<V>
  /** True: a row on the left has a result whether or not there is one on the right. */
  readonly isLeftJoin: boolean
  /** True: the table is versioned, and an update that is not the latest is dropped (KIP-914). */
  readonly isVersioned: boolean
}

/**
 * Tells the task of the foreign key of each change of a row on the left: it subscribes to the row on the
 * right, and takes the subscription to the old one back when the foreign key is another now.
 *
 * Needs old values. Foreign keys are compared by their bytes. A row without a foreign key is dropped and counted
 * by an inner join; in a left join it asks under a null key, to be told that there is no row (Kafka Streams:
 * `SubscriptionSendProcessorSupplier`).
 */
export function subscribe<K, V, KO>(
  parts: SubscribeParts<K, V, KO>,
): ProcessorSupplier<K, Change<V>, KO | null, Subscription> {
  return () => new Subscribe(parts)
}

class Subscribe<K, V, KO> implements Processor<K, Change<V>, KO | null, Subscription> {
  readonly #parts: SubscribeParts<K, V, KO>
  #topics!: PseudoTopics // set by init, which comes before the first record

  constructor(parts: SubscribeParts<K, V, KO>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<KO | null, Subscription>): void {
    this.#topics = pseudoTopics(context, this.#parts.keys.registration)
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<KO | null, Subscription>,
  ): Awaitable<void> {
    const { key, value: change } = record
    assert(key !== null, 'a foreign-key join got a change without a key')
    if (this.#parts.isVersioned && !change.isLatest) {
      context.recordDropped('out-of-order-version')
      return
    }
    const before = this.#foreignKey(change.oldValue, key)
    const after = this.#foreignKey(change.newValue, key)
    return this.#parts.isLeftJoin
      ? this.#askAlways({ record, before, after }, context)
      : this.#askIfNeeded({ record, before, after }, context)
  }

  /** An answer is always asked for: only it makes a result. */
  #askAlways(
    row: ChangedRow<K, V, KO>,
    context: ProcessorContext<KO | null, Subscription>,
  ): Awaitable<void> {
    const { record, before, after } = row
    if (record.value.newValue === null && record.value.oldValue === null) return
    if (before !== null && !this.#areEqual(before, after)) return this.#move(row, context)
    return context.forward(this.#subscription(record, after, 'answer', context.partition))
  }

  /** An answer that there is no row is asked for only where a result may have to be taken back. */
  #askIfNeeded(
    row: ChangedRow<K, V, KO>,
    context: ProcessorContext<KO | null, Subscription>,
  ): Awaitable<void> {
    const { record, before, after } = row
    const { partition } = context
    if (after === null) {
      if (record.value.newValue !== null) context.recordDropped('null-foreign-key')
      if (before === null) return
      return context.forward(this.#subscription(record, before, 'delete-and-answer', partition))
    }
    if (before !== null && !this.#areEqual(before, after)) return this.#move(row, context)
    return context.forward(this.#subscription(record, after, 'answer-if-present', partition))
  }

  /** The old one needs no answer: that of the new one, which may be in another partition, is the result. */
  #move(
    { record, before, after }: ChangedRow<K, V, KO>,
    context: ProcessorContext<KO | null, Subscription>,
  ): Awaitable<void> {
    const { partition } = context
    const pending = context.forward(this.#subscription(record, before, 'delete', partition))
    const next = this.#subscription(record, after, 'answer', partition)
    if (isPromiseLike(pending)) return pending.then(() => context.forward(next))
    return context.forward(next)
  }

  #subscription(
    record: StreamRecord<K, Change<V>>,
    foreignKey: KO | null,
    instruction: SubscriptionInstruction,
    primaryPartition: number,
  ): StreamRecord<KO | null, Subscription> {
    const { keys, value } = this.#parts
    const { newValue } = record.value
    return record.withKeyValue(foreignKey, {
      instruction,
      hash: hashOf(newValue, value, this.#topics),
      primaryKey: keys.primaryKey.serialize(record.key, this.#topics.primaryKey),
      primaryPartition,
    })
  }

  #foreignKey(value: V | null, key: K): KO | null {
    // A callback may give undefined, whatever its type says.
    return value === null ? null : (this.#parts.foreignKey(value, key) ?? null)
  }

  #areEqual(before: KO, after: KO | null): boolean {
    const serde = this.#parts.keys.foreignKey
    const topic = this.#topics.foreignKey
    return after !== null && equalBytes(serde.serialize(before, topic), serde.serialize(after, topic)) // prettier-ignore
  }
}

interface ChangedRow<K, V, KO> {
  readonly record: StreamRecord<K, Change<V>>
  /** The foreign keys. */
  readonly before: KO | null
  readonly after: KO | null
}
