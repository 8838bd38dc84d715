import { asBuffer } from '../base/bytes.ts'
import type { Serde } from './serde.ts'
import { HASH_BYTES, NO_HASH } from './subscription-serde.ts'

/*
 * The value of the response topic of a foreign-key join (Kafka Streams: SubscriptionResponseWrapperSerde):
 *   version(1) + [hash(16)] + [value of the right side]
 * The version is 0; its highest bit tells that there is no hash.
 */

export interface SubscriptionResponse<V> {
  /** Of the row on the left when it asked; null when it was deleted. */
  readonly hash: Uint8Array | null
  /** Of the row on the right; null when there is none. */
  readonly value: V | null
  /** Where the response goes. Not written; undefined in what is read. */
  readonly primaryPartition: number | undefined
}

/**
 * A value of no bytes is read as none, as in Kafka Streams.
 *
 * @throws RangeError for bytes of no known form
 */
export function subscriptionResponseSerde<V>(inner: Serde<V>): Serde<SubscriptionResponse<V>> {
  return {
    serialize({ hash, value }, topic) {
      const parts: Uint8Array[] = [Buffer.of(hash === null ? NO_HASH : 0)]
      if (hash !== null) parts.push(hash)
      if (value !== null) parts.push(inner.serialize(value, topic))
      return Buffer.concat(parts)
    },
    deserialize(bytes, topic) {
      const buffer = asBuffer(bytes)
      const [first = -1] = buffer
      if ((first & ~NO_HASH) !== 0) {
        throw new RangeError(`not a response to a subscription: it begins with ${first}`)
      }
      const start = first === NO_HASH ? 1 : 1 + HASH_BYTES
      if (buffer.length < start) {
        throw new RangeError(`not a response to a subscription: it has ${buffer.length} bytes`)
      }
      const rest = buffer.subarray(start)
      return {
        hash: first === NO_HASH ? null : Buffer.from(buffer.subarray(1, start)),
        value: rest.length === 0 ? null : inner.deserialize(rest, topic),
        primaryPartition: undefined,
      }
    },
  }
}
