import { bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import {
  type ExactValueTest,
  exactValueTest,
  isAsciiText,
  isTextSerde,
} from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'
import { RecentRecords, type StoredEntry } from './recent-records.ts'
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

/** For each store of a task; enough for some 50,000 records, and little beside what the stores take. */
const RECENT_MAX_BYTES = 8 * 1024 * 1024

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
  readonly #topic: string
  readonly #segments: Segments
  readonly #isExact: ExactValueTest | undefined
  readonly #hasTextKeys: boolean
  readonly #recent: RecentRecords<V>
  /** Of the buffer, when the recent records were what is in it. */
  #generation = -1

  constructor({ name, key, value, spans, environment }: Parts<K, V>) {
    this.name = name
    this.#key = key
    this.#value = value
    this.#environment = environment
    this.#topic = environment.changelogTopic
    this.#segments = new Segments(environment.buffer, spans)
    this.#isExact = exactValueTest(value)
    this.#hasTextKeys = isTextSerde(key)
    const { retentionMs } = spans
    const decode = (stored: unknown): V => this.#recentValue(stored)
    this.#recent = new RecentRecords({ retentionMs, maxBytes: RECENT_MAX_BYTES, decode })
  }

  get streamTimeMs(): number {
    return this.#segments.streamTimeMs
  }

  put({ key, value, timestampMs, headers }: StreamRecord<K, V>): boolean {
    const { buffer } = this.#environment
    this.#sync()
    const keyBytes = this.#key.serialize(key, this.#topic)
    const valueBytes = this.#value.serialize(value, this.#topic)
    const stored = encodeTimestamped(valueBytes, timestampMs, headers)
    const storeKey = windowKey(keyBytes, timestampMs, buffer.scalars.nextSequence())
    if (!this.#segments.put(storeKey, timestampMs, stored, timestampMs)) return false
    const mapKey = this.#hasTextKeys && isPlainText(key) ? key : bytesToMapKey(keyBytes)
    const kept = this.#isExact?.(value) === true ? value : this.#toKeep(valueBytes)
    this.#recent.add(mapKey, [timestampMs, kept], this.streamTimeMs)
    return true
  }

  fetch(key: K, fromMs: number, toMs: number): readonly WindowEntry<V>[] {
    this.#sync()
    const { streamTimeMs } = this.#segments
    if (this.#hasTextKeys && isPlainText(key)) {
      const known = this.#recent.fetch(key, fromMs, toMs, streamTimeMs)
      if (known !== undefined) return known
    }
    const keyBytes = this.#key.serialize(key, this.#topic)
    const mapKey = bytesToMapKey(keyBytes)
    const known = this.#recent.fetch(mapKey, fromMs, toMs, streamTimeMs)
    if (known !== undefined) return known
    const entries = this.#read(keyBytes)
    this.#recent.learn(mapKey, entries, streamTimeMs)
    return entries
      .filter(([timestampMs]) => timestampMs >= fromMs && timestampMs <= toMs)
      .map(([timestampMs, stored]) => [timestampMs, this.#recentValue(stored)])
  }

  /** All that has not expired. */
  #read(keyBytes: Uint8Array): readonly StoredEntry[] {
    const { firstLiveMs: fromMs, streamTimeMs: toMs } = this.#segments
    if (fromMs > toMs) return []
    const length = windowKeyLength(keyBytes)
    const found = this.#segments.scan<StoredEntry>({
      fromMs,
      toMs,
      lower: windowKey(keyBytes, fromMs, 0),
      upper: windowKey(keyBytes, toMs + 1, 0),
      reverse: false,
      // A longer key may begin with this one and with what looks like a time.
      pick: (storedKey, stored) =>
        storedKey.length === length
          ? [startOfWindow(storedKey), this.#toKeep(timestampedValue(stored))]
          : undefined,
    })
    return [...found]
  }

  /** A primitive as it is read, or the bytes of a value that may be changed, as text: a small Buffer keeps a large one. */
  #toKeep(valueBytes: Uint8Array): unknown {
    return this.#isExact === undefined
      ? bytesToMapKey(valueBytes)
      : this.#value.deserialize(valueBytes, this.#topic)
  }

  #recentValue(kept: unknown): V {
    // What #toKeep made, of this serde.
    if (this.#isExact !== undefined) return kept as V
    return this.#value.deserialize(mapKeyToBytes(kept as string), this.#topic)
  }

  #sync(): void {
    const { generation } = this.#environment.buffer
    if (generation === this.#generation) return
    this.#generation = generation
    this.#recent.forget(this.#segments.streamTimeMs)
  }
}

/** A text whose bytes are its code units. */
function isPlainText(key: unknown): key is string {
  return typeof key === 'string' && isAsciiText(key)
}
