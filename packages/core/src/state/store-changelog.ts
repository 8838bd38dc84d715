import { bytesToMapKey } from '../base/bytes.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'
import type { CommittedEntries, StoreBatch } from './state-backend.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** A record that a store sends to its changelog. */
export interface ChangelogRecord {
  readonly key: Uint8Array
  /** Null is a tombstone. */
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: Headers
}

/** A record of the changelog as it is read. */
export interface RestoredRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers: Headers
  /** Where it was read; known to a restore. */
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
}

/** What restored records make of a store. */
export type RestoredBatch = Omit<StoreBatch, 'store'>

/**
 * How the writes of a store become changelog records, and the other way round. The records are
 * Kafka Streams' own, so that both can read them; the stored form is Millrace's.
 *
 * Semantics: to restore records that are applied already, up to the end of the changelog, gives the
 * same state: a position may be a lower bound.
 */
export interface StoreChangelog {
  /** The open transaction as records, in the order in which they are to be sent. */
  records(buffer: TransactionBuffer): Iterable<ChangelogRecord>
  /** `records` come in the order of their offsets; the batch is to be applied to what `committed` is of. */
  restore(records: readonly RestoredRecord[], committed: CommittedEntries): RestoredBatch
}

/** How stored values and those of changelog records turn into each other. */
export interface ChangelogCodec {
  /** The changelog record's value. */
  changelogValue(stored: Uint8Array): Uint8Array
  headers(stored: Uint8Array): Headers
  /** What to store for a changelog record that is no tombstone. */
  storedValue(value: Uint8Array, timestampMs: number, headers: Headers): Uint8Array
}

/** Of a store whose keys are those of its changelog: one record a key, the last state of it. */
export function keyValueChangelog(codec: ChangelogCodec): StoreChangelog {
  return {
    records: (buffer) => keyValueRecords(buffer, codec),
    restore: (records) => ({ writes: keyValueWrites(records, codec) }),
  }
}

function* keyValueRecords(
  buffer: TransactionBuffer,
  codec: ChangelogCodec,
): Generator<ChangelogRecord, undefined> {
  for (const { key, value, timestampMs } of buffer.dirtyEntries()) {
    yield changelogRecord(codec, key, value, timestampMs)
  }
}

/** The changelog record of one stored value. */
export function changelogRecord(
  codec: ChangelogCodec,
  key: Uint8Array,
  stored: Uint8Array | null,
  timestampMs: number,
): ChangelogRecord {
  if (stored === null) return { key, value: null, timestampMs, headers: NO_HEADERS }
  return { key, value: codec.changelogValue(stored), timestampMs, headers: codec.headers(stored) }
}

function* keyValueWrites(
  records: readonly RestoredRecord[],
  codec: ChangelogCodec,
): Generator<{ key: Uint8Array; mapKey: string; value: Uint8Array | null }, undefined> {
  for (const { key, value, timestamp, headers } of records) {
    // Kafka Streams never writes a null key to a changelog, and a store has none.
    if (key === null) continue
    const stored = value === null ? null : codec.storedValue(value, timestamp, headers)
    yield { key, mapKey: bytesToMapKey(key), value: stored }
  }
}
