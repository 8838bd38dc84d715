import { murmur3 } from '../../../base/murmur3.ts'
import type { ProcessingContext } from '../../../processor/processor.ts'
import type { Serde } from '../../../serde/serde.ts'
import { serdes } from '../../../serde/serdes.ts'
import { type Subscription, subscriptionSerde } from '../../../serde/subscription-serde.ts'
import type { TimestampedKeyValueStore } from '../../../state/key-value-store.ts'
import type { StoreBuilder } from '../../../state/store-builder.ts'
import { stores } from '../../../state/stores.ts'

/*
 * Semantics. A foreign-key join has two places: the task of a left row, which has the row, and the task of the
 * foreign key, which has the right row. The left task tells the right one of each change of its row
 * (`subscribe`, over the registration topic, keyed by the foreign key). The right task remembers who asked
 * for what (`receive`, the subscription store), answers at once (`answer`), and again whenever its row
 * changes (`update`). Answers go back over the response topic, keyed by the left row's key, and are
 * joined with the left row as it is by then (`resolve`).
 *
 * Why it is right. Both topics keep the order of what one task sends to one partition, but a left row whose
 * foreign key changes talks to two tasks, whose answers race. So each subscription carries the hash of the left
 * row, each answer brings it back, and an answer whose hash is not that of the row any more is dropped: the
 * subscription of the newer row has an answer of its own.
 *
 * Where Kafka Streams leaves a result behind, and so does this unless `asksAgain` is said. In an inner join the newer
 * row may have no answer, because there is no right row for it:
 * 1. a left row has a result; its right row is deleted, which is answered
 * 2. before that answer is there, the left row changes; its subscription finds no right row, and is not answered
 * 3. the answer comes, and is dropped: the result stays for ever
 * With `asksAgain` who drops an answer that there is no right row asks again, for the row as it is, and is answered
 * whatever there is (`resolve`). If the newer row did have an answer, it comes twice.
 *
 * Invariants. All that outlives a record is in topics and in the subscription store, so that an abort or a crash
 * takes back or replays all of it. The store has at most one subscription of a left row for each
 * foreign key, and none for a null key. The bytes are those of Kafka Streams (KIP-213, KIP-962).
 */

/** What serdes of keys and values are told in the place of a topic; schema registries name subjects by it. */
export interface PseudoTopics {
  readonly primaryKey: string
  readonly foreignKey: string
  /** For the hash of the left value. */
  readonly value: string
}

/** `registration` is the name of the registration topic, without the application id. */
export function pseudoTopics(
  { applicationId }: ProcessingContext,
  registration: string,
): PseudoTopics {
  const topic = `${applicationId}-${registration}`
  return { primaryKey: `${topic}-pk`, foreignKey: `${topic}-fk`, value: `${topic}-vh` }
}

/** What tells one left row from the next of its key; null for none. */
export function hashOf<V>(row: V | null, serde: Serde<V>, topics: PseudoTopics): Uint8Array | null {
  return row === null ? null : murmur3(serde.serialize(row, topics.value))
}

/** Keys are those of {@link combinedKey}. Never cached: a subscription that was held back would answer late. */
export type SubscriptionStore = TimestampedKeyValueStore<Uint8Array, Subscription>

export function subscriptionStore(name: string): StoreBuilder<SubscriptionStore> {
  return stores.timestampedKeyValue(name, { key: serdes.bytes, value: subscriptionSerde })
}

const LENGTH_BYTES = 4

/** Length of the foreign key(4) + foreign key + primary key (Kafka Streams: `CombinedKeySchema`). */
export function combinedKey(foreignKey: Uint8Array, primaryKey: Uint8Array): Uint8Array {
  return Buffer.concat([combinedKeyPrefix(foreignKey), primaryKey])
}

/** What the keys of all subscriptions to a foreign key begin with, and no other ones: its length is in front. */
export function combinedKeyPrefix(foreignKey: Uint8Array): Uint8Array {
  const prefix = Buffer.allocUnsafe(LENGTH_BYTES + foreignKey.length)
  prefix.writeInt32BE(foreignKey.length)
  prefix.set(foreignKey, LENGTH_BYTES)
  return prefix
}

/** The two serdes of keys, and the topic from whose name the pseudo topics are made. */
export interface KeySchema<K, KO> {
  readonly registration: string
  readonly primaryKey: Serde<K>
  readonly foreignKey: Serde<KO>
}
