import { asBuffer, bytesToMapKey } from '../base/bytes.ts'
import type { Serde } from '../serde/serde.ts'
import { CHANGELOG_COMPACT } from './changelog-topic-config.ts'
import {
  appendOuterJoinValue,
  isLeftOuterJoinKey,
  keyOfOuterJoinKey,
  outerJoinKey,
  outerJoinValues,
  timeOfOuterJoinKey,
} from './outer-join-key.ts'
import { plainChangelog } from './plain-key-value-store.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'

/** A record that has found no match so far. Its side says which of the two serdes its value is of. */
export interface UnmatchedRecord<K> {
  readonly isLeft: boolean
  readonly key: K
  readonly value: unknown
  readonly timestampMs: number
}

/**
 * The records of both sides of a left or outer join that have found no match so far, by time. Both sides
 * share it.
 */
export interface OuterJoinStore<K> extends StateStore {
  /** The wall-clock time before which nobody need look for records whose window has closed. In memory only. */
  nextLookMs: number
  /** Event time as the operators above each side were told it while all inputs are idle; -1 for not yet. In memory only. */
  readonly idleTime: { leftMs: number; rightMs: number }
  add(record: UnmatchedRecord<K>): void
  /** Removes all records of that side, key and time. */
  remove(timestampMs: number, isLeft: boolean, key: K): void
  /** By time, the right side before the left, then by the bytes of the key, then in the order of adding. */
  all(): IterableIterator<UnmatchedRecord<K>, undefined>
}

export interface OuterRecordStoreOptions<K> extends StoreOptions {
  readonly key: Serde<K>
  readonly left: Serde<unknown>
  readonly right: Serde<unknown>
}

export function outerJoinStore<K>(
  name: string,
  options: OuterRecordStoreOptions<K>,
): StoreBuilder<OuterJoinStore<K>> {
  return {
    name,
    logging: options.logging ?? true,
    topicConfig: { ...CHANGELOG_COMPACT, ...options.topicConfig },
    changelog: plainChangelog,
    build: (environment) => new BufferedOuterJoinStore(name, options, environment),
  }
}

class BufferedOuterJoinStore<K> implements OuterJoinStore<K> {
  readonly name: string
  nextLookMs = 0
  readonly idleTime: { leftMs: number; rightMs: number } = { leftMs: -1, rightMs: -1 }
  readonly #serdes: OuterRecordStoreOptions<K>
  readonly #environment: StoreEnvironment
  readonly #topic: string

  constructor(name: string, serdes: OuterRecordStoreOptions<K>, environment: StoreEnvironment) {
    this.name = name
    this.#serdes = serdes
    this.#environment = environment
    this.#topic = environment.changelogTopic
  }

  add({ timestampMs, isLeft, key, value }: UnmatchedRecord<K>): void {
    const { buffer } = this.#environment
    const stored = this.#storedKey(timestampMs, isLeft, key)
    const mapKey = bytesToMapKey(stored)
    const before = buffer.get(stored, mapKey)
    const list = appendOuterJoinValue(
      before === null ? null : asBuffer(before),
      isLeft,
      this.#serdeOf(isLeft).serialize(value, this.#topic),
    )
    buffer.put(stored, list, this.#environment.currentTimestampMs(), mapKey)
  }

  remove(timestampMs: number, isLeft: boolean, key: K): void {
    const { buffer } = this.#environment
    const stored = this.#storedKey(timestampMs, isLeft, key)
    const mapKey = bytesToMapKey(stored)
    if (buffer.get(stored, mapKey) === null) return
    // What the changelog never saw needs no tombstone.
    if (buffer.committedValue(stored, mapKey) === null) buffer.forget(mapKey)
    else buffer.put(stored, null, this.#environment.currentTimestampMs(), mapKey)
  }

  *all(): Generator<UnmatchedRecord<K>, undefined> {
    const { buffer } = this.#environment
    for (const [storedKey, list] of buffer.range({
      from: undefined,
      to: undefined,
      reverse: false,
    })) {
      const stored = asBuffer(storedKey)
      const isLeft = isLeftOuterJoinKey(stored)
      const timestampMs = timeOfOuterJoinKey(stored)
      const key = this.#serdes.key.deserialize(keyOfOuterJoinKey(stored), this.#topic)
      for (const bytes of outerJoinValues(asBuffer(list))) {
        const value = this.#serdeOf(isLeft).deserialize(bytes, this.#topic)
        yield { isLeft, key, value, timestampMs }
      }
    }
  }

  #serdeOf(isLeft: boolean): Serde<unknown> {
    return isLeft ? this.#serdes.left : this.#serdes.right
  }

  #storedKey(timestampMs: number, isLeft: boolean, key: K): Buffer {
    return outerJoinKey(timestampMs, isLeft, this.#serdes.key.serialize(key, this.#topic))
  }
}
