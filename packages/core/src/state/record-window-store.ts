import { bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import {
  type ExactValueTest,
  exactValueTest,
  isAsciiText,
  isTextSerde,
} from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'
import { type RecentEntry, RecentRecords, type RecentRun } from './recent-records.ts'
import { segmentedChangelog } from './segmented-changelog.ts'
import { Segments, type SegmentSpans } from './segments.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'
import { timestampedCodec } from './timestamped-key-value-store.ts'
import { encodeTimestamped, timestampedValue } from './timestamped-value.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'
import { sequenceOfWindow, startOfWindow, windowKey, windowKeyLength } from './window-key.ts'
import { segmentSpans, windowedStoreSettings } from './windowed-store-builders.ts'
import type { WindowEntry } from './window-store.ts'

/**
 * The records of a stream for a while, by key and time: every record is kept, also several of one key and time
 * (Kafka Streams: a window store that retains duplicates).
 */
export interface RecordWindowStore<K, V> extends StateStore {
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
  /** The last one that {@link fetch} gives; null when there is none. */
  latest(key: K, fromMs: number, toMs: number): WindowEntry<V> | null
}

/** How the records that an operator looks back at are kept. */
export interface RecordStoreOptions extends StoreOptions {
  /**
   * What keeps the changelogs of the records from growing. `'delete'`, as in Kafka Streams: the broker deletes
   * what is older than the operator looks back and one day *by its own clock*, so records whose event time is
   * further behind are lost to a restore. `'compact'`: the stores delete expired records from the changelog
   * themselves, one tombstone each; take it to process old records. @defaultValue 'delete'
   */
  readonly changelogCleanup?: 'delete' | 'compact'
}

export interface RecordWindowStoreOptions<K, V> extends RecordStoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly retentionMs: number
}

/** For each store of a task; enough for some 50,000 records, and little beside what the stores take. */
const RECENT_MAX_BYTES = 8 * 1024 * 1024

const NO_ENTRIES: readonly never[] = []

export function recordWindowStore<K, V>(
  name: string,
  options: RecordWindowStoreOptions<K, V>,
): StoreBuilder<RecordWindowStore<K, V>> {
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
    build: (environment) => new SegmentedRecordStore({ name, key, value, spans, environment }),
  }
}

interface Parts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly spans: SegmentSpans
  readonly environment: StoreEnvironment
}

class SegmentedRecordStore<K, V> implements RecordWindowStore<K, V> {
  readonly name: string
  readonly #key: Serde<K>
  readonly #value: Serde<V>
  readonly #buffer: TransactionBuffer
  readonly #topic: string
  readonly #segments: Segments
  readonly #isExact: ExactValueTest | undefined
  readonly #hasTextKeys: boolean
  readonly #recent: RecentRecords
  /** Of the buffer, when the recent records were what is in it. */
  #generation = -1

  constructor({ name, key, value, spans, environment }: Parts<K, V>) {
    this.name = name
    this.#key = key
    this.#value = value
    this.#buffer = environment.buffer
    this.#topic = environment.changelogTopic
    this.#segments = new Segments(environment.buffer, spans)
    this.#isExact = exactValueTest(value)
    this.#hasTextKeys = isTextSerde(key)
    const { retentionMs } = spans
    this.#recent = new RecentRecords({ retentionMs, maxBytes: RECENT_MAX_BYTES })
  }

  get streamTimeMs(): number {
    return this.#segments.streamTimeMs
  }

  put({ key, value, timestampMs, headers }: StreamRecord<K, V>): boolean {
    this.#sync()
    const keyBytes = this.#key.serialize(key, this.#topic)
    const valueBytes = this.#value.serialize(value, this.#topic)
    const stored = encodeTimestamped(valueBytes, timestampMs, headers)
    const storeKey = windowKey(keyBytes, timestampMs, this.#buffer.scalars.nextSequence())
    if (!this.#segments.put(storeKey, timestampMs, stored, timestampMs)) return false
    const mapKey = this.#isMapKey(key) ? key : bytesToMapKey(keyBytes)
    const kept = this.#isExact?.(value) === true ? value : this.#toKeep(valueBytes)
    this.#recent.add(mapKey, timestampMs, kept, this.streamTimeMs)
    return true
  }

  fetch(key: K, fromMs: number, toMs: number): readonly WindowEntry<V>[] {
    const run = this.#runOf(key)
    const first = run.firstFrom(Math.max(fromMs, this.#segments.firstLiveMs))
    const end = run.firstFrom(toMs + 1)
    if (first >= end) return NO_ENTRIES
    const entries: WindowEntry<V>[] = []
    for (let i = first; i < end; i++) entries.push(this.#entryOf(run.at(i)))
    return entries
  }

  latest(key: K, fromMs: number, toMs: number): WindowEntry<V> | null {
    const run = this.#runOf(key)
    const first = run.firstFrom(Math.max(fromMs, this.#segments.firstLiveMs))
    const end = run.firstFrom(toMs + 1)
    return first < end ? this.#entryOf(run.at(end - 1)) : null
  }

  #runOf(key: K): RecentRun {
    this.#sync()
    const { streamTimeMs } = this
    if (this.#isMapKey(key)) {
      const known = this.#recent.find(key, streamTimeMs)
      if (known !== undefined) return known
    }
    const keyBytes = this.#key.serialize(key, this.#topic)
    const mapKey = bytesToMapKey(keyBytes)
    const known = this.#recent.find(mapKey, streamTimeMs)
    return known ?? this.#recent.learn(mapKey, this.#read(keyBytes), streamTimeMs)
  }

  /** All entries of a key that have not expired. */
  #read(keyBytes: Uint8Array): readonly RecentEntry[] {
    const { firstLiveMs: fromMs, streamTimeMs: toMs } = this.#segments
    if (fromMs > toMs) return []
    const length = windowKeyLength(keyBytes)
    const found = this.#segments.scan<RecentEntry>({
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

  /** A text that is the key of the recent records as it is: its bytes are its code units. */
  #isMapKey(key: unknown): key is string {
    return this.#hasTextKeys && typeof key === 'string' && isAsciiText(key)
  }

  /** A primitive as it is read, or the bytes of a value that may be changed, as text: a small Buffer keeps a large one. */
  #toKeep(valueBytes: Uint8Array): unknown {
    return this.#isExact === undefined
      ? bytesToMapKey(valueBytes)
      : this.#value.deserialize(valueBytes, this.#topic)
  }

  #entryOf([timestampMs, kept]: RecentEntry): WindowEntry<V> {
    // What #toKeep made, of this serde.
    if (this.#isExact !== undefined) return [timestampMs, kept as V]
    return [timestampMs, this.#value.deserialize(mapKeyToBytes(kept as string), this.#topic)]
  }

  #sync(): void {
    const { generation } = this.#buffer
    if (generation === this.#generation) return
    this.#generation = generation
    this.#recent.forget(this.#segments.streamTimeMs)
  }
}
