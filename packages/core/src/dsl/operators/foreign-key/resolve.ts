import type { Awaitable } from '../../../base/awaitable.ts'
import { equalBytes } from '../../../base/bytes.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../../processor/value-getter.ts'
import { StreamRecord } from '../../../record/stream-record.ts'
import type { Serde } from '../../../serde/serde.ts'
import type { SubscriptionResponse } from '../../../serde/subscription-response-serde.ts'
import type { Subscription } from '../../../serde/subscription-serde.ts'
import type { ValueAndTimestamp } from '../../../state/key-value-store.ts'
import type { ValueJoiner } from '../value-joiner.ts'
import { hashOf, type KeySchema, type PseudoTopics, pseudoTopics } from './protocol.ts'
import type { ForeignKeyExtractor } from './subscribe.ts'

export interface ResolveParts<K, V, KO, VO, R> {
  /** The rows of the left side. */
  readonly rows: ValueGetterSupplier<K, V>
  /** Makes the bytes that are hashed, as it does where the subscription is made. */
  readonly value: Serde<V>
  readonly keys: KeySchema<K, KO>
  readonly foreignKey: ForeignKeyExtractor<K, V, KO>
  /** The sink of the registration topic, to ask again; undefined for a join that does not. */
  readonly registrationSink: string | undefined
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeftJoin: boolean
}

/**
 * Joins the answer to a subscription with the row on the left as it is now, if it is still the one that
 * asked; else the answer is dropped and counted as `stale-response`. Null where there is no result: the row
 * was deleted, or an inner join has no row on the right. Timestamp and headers are those of the answer
 * (Kafka Streams: `ResponseJoinProcessorSupplier`).
 *
 * An inner join may ask again when it drops the answer that there is no row on the right: see `protocol.ts`.
 */
export function resolve<K, V, KO, VO, R>(
  parts: ResolveParts<K, V, KO, VO, R>,
): ProcessorSupplier<K, SubscriptionResponse<VO>, K, R | null> {
  return () => new Resolve(parts)
}

class Resolve<K, V, KO, VO, R> implements Processor<K, SubscriptionResponse<VO>, K, R | null> {
  readonly #parts: ResolveParts<K, V, KO, VO, R>
  #topics!: PseudoTopics // both are set by init, which comes before the first record
  #rows!: ValueGetter<K, V>

  constructor(parts: ResolveParts<K, V, KO, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R | null>): void {
    this.#topics = pseudoTopics(context, this.#parts.keys.registration)
    this.#rows = this.#parts.rows.create(context, 'forwarded')
  }

  process(
    record: StreamRecord<K, SubscriptionResponse<VO>>,
    context: ProcessorContext<K, R | null>,
  ): Awaitable<void> {
    const { key, value: response } = record
    const { value: serde, joiner, isLeftJoin, registrationSink } = this.#parts
    const row = this.#rows.get(key)
    const hash = hashOf(row?.value ?? null, serde, this.#topics)
    if (!equalBytes(hash, response.hash)) {
      context.recordDropped('stale-response', { record: record.withValue(response.value) })
      if (registrationSink === undefined || isLeftJoin || response.value !== null) return undefined
      return this.#askAgain(record, row, { context, registrationSink })
    }
    const hasResult = row !== null && (isLeftJoin || response.value !== null)
    return context.forward(
      record.withValue(hasResult ? joiner(row.value, response.value, key) : null),
    )
  }

  /** A row that names no other one has no result, and nobody to ask. */
  #askAgain(
    record: StreamRecord<K, unknown>,
    row: ValueAndTimestamp<V> | null,
    {
      context,
      registrationSink,
    }: { readonly context: ProcessorContext<K, R | null>; readonly registrationSink: string },
  ): Awaitable<void> {
    const { key } = record
    const { keys, foreignKey, value } = this.#parts
    const named = row === null ? null : (foreignKey(row.value, key) ?? null)
    if (row === null || named === null) return context.forward(record.withValue(null))
    const subscription: Subscription = {
      instruction: 'answer',
      hash: hashOf(row.value, value, this.#topics),
      primaryKey: keys.primaryKey.serialize(key, this.#topics.primaryKey),
      primaryPartition: context.partition,
    }
    const asking = new StreamRecord(named, subscription, row.timestampMs, row.headers)
    // The sink has the types of the registration topic, and not those of the results.
    const registration = context as unknown as ProcessorContext<KO, Subscription>
    return registration.forward(asking, registrationSink)
  }
}
