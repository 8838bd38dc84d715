import type { Awaitable } from '../../../base/awaitable.ts'
import { equalBytes } from '../../../base/bytes.ts'
import { murmur3 } from '../../../base/murmur3.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../../processor/value-getter.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import type { Serde } from '../../../serde/serde.ts'
import type { SubscriptionResponse } from '../../../serde/subscription-response-serde.ts'
import type { ValueJoiner } from '../value-joiner.ts'
import { pseudoTopics } from './protocol.ts'

export interface ResolveParts<K, V, VO, R> {
  /** The rows of the left side. */
  readonly rows: ValueGetterSupplier<K, V>
  /** Makes the bytes that are hashed, as it does where the subscription is made. */
  readonly value: Serde<V>
  readonly registration: string
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeftJoin: boolean
}

/**
 * Joins the answer to a subscription with the row on the left as it is now, if it is still the one that
 * asked; else the answer is dropped and counted as `stale-response`. Null where there is no result: the row
 * was deleted, or an inner join has no row on the right. Timestamp and headers are those of the answer
 * (Kafka Streams: `ResponseJoinProcessorSupplier`).
 */
export function resolve<K, V, VO, R>(
  parts: ResolveParts<K, V, VO, R>,
): ProcessorSupplier<K, SubscriptionResponse<VO>, K, R | null> {
  return () => new Resolve(parts)
}

class Resolve<K, V, VO, R> implements Processor<K, SubscriptionResponse<VO>, K, R | null> {
  readonly #parts: ResolveParts<K, V, VO, R>
  #valueTopic!: string // both are set by init, which comes before the first record
  #rows!: ValueGetter<K, V>

  constructor(parts: ResolveParts<K, V, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R | null>): void {
    this.#valueTopic = pseudoTopics(context, this.#parts.registration).value
    this.#rows = this.#parts.rows.create(context, 'forwarded')
  }

  process(
    record: StreamRecord<K, SubscriptionResponse<VO>>,
    context: ProcessorContext<K, R | null>,
  ): Awaitable<void> {
    const { key, value: response } = record
    const { value: serde, joiner, isLeftJoin } = this.#parts
    const row = this.#rows.get(key)
    const hash = row === null ? null : murmur3(serde.serialize(row.value, this.#valueTopic))
    if (!equalBytes(hash, response.hash)) {
      context.recordDropped('stale-response', { record: record.withValue(response.value) })
      return
    }
    const hasResult = row !== null && (isLeftJoin || response.value !== null)
    return context.forward(
      record.withValue(hasResult ? joiner(row.value, response.value, key) : null),
    )
  }
}
