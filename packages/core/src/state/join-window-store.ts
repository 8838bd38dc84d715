import type { StreamRecord } from '../record/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import { segmentedChangelog } from './segmented-changelog.ts'
import { Segments, type SegmentSpans } from './segments.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'
import { timestampedCodec } from './timestamped-key-value-store.ts'
import { encodeTimestamped, timestampedValue } from './timestamped-value.ts'
import { sequenceOfWindow, startOfWindow, windowKey, windowKeyLength } from './window-key.ts'
import { segmentSpans, windowedStoreSettings } from './windowed-store-builders.ts'
import type { WindowEntry } from './window-store.ts'

/**
 * The records of one side of a stream-stream join, for a while: every record is kept, also several of one
 * key and time (Kafka Streams: a window store that retains duplicates).
 */
export interface JoinWindowStore<K, V> extends StateStore {
  /** The timestamp of the newest record, -1 before the first. */
  readonly streamTimeMs: number
  /** False: the record is too old to be kept. Key and value are not null. */
  put(record: StreamRecord<K, V>): boolean
  /**
   * Times and values of the records of `key` from `fromMs` to `toMs`, both included, by time and then in
   * the order in which they were put. What is as old as the retention, counted from the newest record
   * of the store, is not found.
   */
  fetch(key: K, fromMs: number, toMs: number): readonly WindowEntry<V>[]
}

/** How the records that a join waits with are kept. */
export interface JoinStoreOptions extends StoreOptions {
  /**
   * What keeps the changelogs of the records from growing. `'delete'`, as in Kafka Streams: the broker deletes
   * what is older than the join's retention and one day *by its own clock*, so records whose event time is
   * further behind are lost to a restore. `'compact'`: the stores delete expired records from the changelog
   * themselves, one tombstone each; take it to process old records. @defaultValue 'delete'
   */
  readonly changelogCleanup?: 'delete' | 'compact'
}

export interface JoinWindowStoreOptions<K, V> extends JoinStoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly retentionMs: number
}

const NO_ENTRIES: readonly never[] = []

export function joinWindowStore<K, V>(
  name: string,
  options: JoinWindowStoreOptions<K, V>,
): StoreBuilder<JoinWindowStore<K, V>> {
  const { key, value, retentionMs: retention, changelogCleanup = 'delete', topicConfig } = options
  const spans = segmentSpans(retention)
  const isCompacted = changelogCleanup === 'compact'
  const settings = windowedStoreSettings(
    name,
    isCompacted
      ? { ...options, changelogCleanup }
      : {
          ...options,
          changelogCleanup: 'compact,delete',
          // Every record has a key of its own, so there is nothing to compact.
          topicConfig: { ...topicConfig, 'cleanup.policy': 'delete' },
        },
    spans,
  )
  return {
    ...settings,
    changelog: segmentedChangelog({
      codec: timestampedCodec,
      spans,
      timestampOf: startOfWindow,
      sequenceOf: sequenceOfWindow,
      writesTombstones: isCompacted,
    }),
    build: (environment) => new SegmentedJoinWindowStore({ name, key, value, spans, environment }),
  }
}

interface Parts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly spans: SegmentSpans
  readonly environment: StoreEnvironment
}

class SegmentedJoinWindowStore<K, V> implements JoinWindowStore<K, V> {
  readonly name: string
  readonly #key: Serde<K>
  readonly #value: Serde<V>
  readonly #environment: StoreEnvironment
  readonly #segments: Segments

  constructor({ name, key, value, spans, environment }: Parts<K, V>) {
    this.name = name
    this.#key = key
    this.#value = value
    this.#environment = environment
    this.#segments = new Segments(environment.buffer, spans)
  }

  get streamTimeMs(): number {
    return this.#segments.streamTimeMs
  }

  put({ key, value, timestampMs, headers }: StreamRecord<K, V>): boolean {
    const { buffer, changelogTopic } = this.#environment
    const keyBytes = this.#key.serialize(key, changelogTopic)
    const valueBytes = this.#value.serialize(value, changelogTopic)
    const stored = encodeTimestamped(valueBytes, timestampMs, headers)
    const storeKey = windowKey(keyBytes, timestampMs, buffer.scalars.nextSequence())
    return this.#segments.put(storeKey, timestampMs, stored, timestampMs)
  }

  fetch(key: K, fromMs: number, toMs: number): readonly WindowEntry<V>[] {
    const { changelogTopic } = this.#environment
    const firstMs = Math.max(fromMs, this.#segments.firstLiveMs)
    const lastMs = Math.min(toMs, this.#segments.streamTimeMs)
    if (firstMs > lastMs) return NO_ENTRIES
    const keyBytes = this.#key.serialize(key, changelogTopic)
    const length = windowKeyLength(keyBytes)
    const found = this.#segments.scan<WindowEntry<V>>({
      fromMs: firstMs,
      toMs: lastMs,
      lower: windowKey(keyBytes, firstMs, 0),
      upper: windowKey(keyBytes, lastMs + 1, 0),
      reverse: false,
      // A longer key may begin with this one and with what looks like a time.
      pick: (storedKey, stored) =>
        storedKey.length === length
          ? [
              startOfWindow(storedKey),
              this.#value.deserialize(timestampedValue(stored), changelogTopic),
            ]
          : undefined,
    })
    return [...found]
  }
}
