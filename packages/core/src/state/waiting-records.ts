import { asBuffer, bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import { BufferOrder, deleteEntry, timeOfOrder } from './buffer-order.ts'
import { decodeBufferValue, encodeBufferValue } from './buffer-value.ts'
import { CHANGELOG_COMPACT } from './changelog-topic-config.ts'
import type { RecordContext } from './record-context.ts'
import type { CommittedEntries } from './state-backend.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'
import type {
  ChangelogRecord,
  RestoredBatch,
  RestoredRecord,
  StoreChangelog,
} from './store-changelog.ts'
import { NO_HEADERS } from '../record/headers.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

/*
 * Stored key: 0x02 + time(8) + key + sequence(4), the value is that of the changelog: context + no prior value
 * + no old value + value + 8 zero bytes. The changelog's key begins with 0x00 (Kafka Streams:
 * `RocksDBTimeOrderedKeyValueBuffer`).
 */

const TIME_AT = 1
const KEY_AT = TIME_AT + 8
const SEQUENCE_BYTES = 4
const STORED_LAYOUT = 0x02
const CHANGELOG_LAYOUT = 0x00

/** A record that waits, as it came. */
export interface WaitingRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly context: RecordContext
  /** What the store knows it by. */
  readonly mapKey: string
}

export interface WaitingRecordsOptions<K, V> extends StoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * The records that a stream-table join lets wait, in the order of their timestamps, then of the bytes of their
 * keys, then of their coming.
 */
export class WaitingRecords<K, V> implements StateStore {
  readonly name: string
  readonly #options: WaitingRecordsOptions<K, V>
  readonly #environment: StoreEnvironment
  readonly #order: BufferOrder

  constructor(name: string, options: WaitingRecordsOptions<K, V>, environment: StoreEnvironment) {
    this.name = name
    this.#options = options
    this.#environment = environment
    this.#order = new BufferOrder(environment.buffer)
  }

  /** The timestamp of the record that leaves first; Infinity when none waits. */
  get firstMs(): number {
    const first = this.#order.first()
    return first === undefined ? Infinity : timeOfOrder(first)
  }

  put(
    { key, value, timestampMs, headers }: StreamRecord<K, V>,
    metadata: RecordMetadata | undefined,
  ): void {
    const { buffer, changelogTopic } = this.#environment
    const { key: keySerde, value: valueSerde } = this.#options
    const newValue = valueSerde.serialize(value, changelogTopic)
    const context = { timestampMs, headers, metadata }
    const encoded = encodeBufferValue({ context, prior: null, oldValue: null, newValue }, 0)
    const keyBytes = keySerde.serialize(key, changelogTopic)
    const numbered = Buffer.allocUnsafe(keyBytes.length + SEQUENCE_BYTES)
    numbered.set(keyBytes)
    numbered.writeInt32BE(buffer.scalars.nextSequence(), keyBytes.length)
    this.#order.add(timestampMs, numbered, this.#environment.currentTimestampMs(), encoded)
  }

  /** The record that leaves first, to be given to {@link remove} when it has been forwarded. */
  first(): WaitingRecord<K, V> | undefined {
    const mapKey = this.#order.first()
    if (mapKey === undefined) return undefined
    const { buffer, changelogTopic } = this.#environment
    const stored = mapKeyToBytes(mapKey)
    const encoded = buffer.get(stored, mapKey)
    if (encoded === null) return undefined
    const { context, newValue } = decodeBufferValue(encoded)
    const { key, value } = this.#options
    return {
      key: key.deserialize(stored.subarray(KEY_AT, -SEQUENCE_BYTES), changelogTopic),
      value: value.deserialize(newValue ?? new Uint8Array(0), changelogTopic),
      context,
      mapKey,
    }
  }

  remove({ mapKey }: WaitingRecord<K, V>): void {
    const key = mapKeyToBytes(mapKey).subarray(KEY_AT)
    this.#order.remove(timeOfOrder(mapKey), key, this.#environment.currentTimestampMs())
  }
}

export function waitingRecords<K, V>(
  name: string,
  options: WaitingRecordsOptions<K, V>,
): StoreBuilder<WaitingRecords<K, V>> {
  const { logging = true, topicConfig } = options
  return {
    name,
    logging,
    topicConfig: { ...CHANGELOG_COMPACT, ...topicConfig },
    changelog: waitingRecordsChangelog,
    build: (environment) => new WaitingRecords(name, options, environment),
  }
}

const waitingRecordsChangelog: StoreChangelog = { records: recordsOf, restore: restored }

function* recordsOf(buffer: TransactionBuffer): Generator<ChangelogRecord, undefined> {
  for (const { key, value, timestampMs } of buffer.dirtyEntries()) {
    yield { key: withLayout(key, CHANGELOG_LAYOUT), value, timestampMs, headers: NO_HEADERS }
  }
}

/** A number that is given again must not be that of a record which waits. */
function restored(records: readonly RestoredRecord[], committed: CommittedEntries): RestoredBatch {
  const buffer = new TransactionBuffer('', committed)
  const { scalars } = buffer
  for (const { key, value, timestamp } of records) {
    if (key === null) continue
    const stored = withLayout(key, STORED_LAYOUT)
    const mapKey = bytesToMapKey(stored)
    if (value === null) deleteEntry(buffer, stored, mapKey, timestamp)
    else buffer.put(stored, value, timestamp, mapKey)
    const sequence = asBuffer(key).readInt32BE(key.length - SEQUENCE_BYTES)
    if (sequence > scalars.sequence) scalars.setSequence(sequence)
  }
  const { deletedRanges = [], writes } = buffer.batch()
  return { deletedRanges, writes }
}

function withLayout(key: Uint8Array, layout: number): Buffer {
  const changed = Buffer.from(key)
  changed[0] = layout
  return changed
}
