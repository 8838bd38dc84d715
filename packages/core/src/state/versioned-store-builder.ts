import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import { NO_HEADERS } from '../record/headers.ts'
import type { Serde } from '../serde/serde.ts'
import { versionedChangelog } from './changelog-topic-config.ts'
import type { CommittedEntries } from './state-backend.ts'
import type { StoreBuilder, StoreOptions } from './store-builder.ts'
import type {
  ChangelogRecord,
  RestoredBatch,
  RestoredRecord,
  StoreChangelog,
} from './store-changelog.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { TypedVersionedStore } from './typed-versioned-store.ts'
import { VersionedEntries, type VersionedSpans } from './versioned-entries.ts'
import type { VersionedKeyValueStore } from './versioned-store.ts'

export interface VersionedStoreOptions<K, V> extends StoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** How far behind the highest time written versions are kept, and puts are taken. */
  readonly historyRetention: Duration
  /**
   * The portions in which history is dropped: long ones make large rows, short ones make reads look into many.
   * At least a thousandth of the history. The state must be rebuilt when it changes.
   * @defaultValue that of Kafka Streams, a third to a 24th of the history
   */
  readonly segmentInterval?: Duration
  /**
   * What becomes of a deletion at the very time of the version that it deletes. 'forgotten', as in Kafka Streams: a
   * version that is put before it later is the latest then, so the result depends on the order of the puts, and
   * after a crash may be another one.
   * @defaultValue 'kept'
   */
  readonly deletionsInPlace?: 'kept' | 'forgotten'
}

/** A read may look into all of them. */
const MAX_SEGMENTS = 1000

export function versionedStore<K, V>(
  name: string,
  options: VersionedStoreOptions<K, V>,
): StoreBuilder<VersionedKeyValueStore<K, V>> {
  const { key, value, logging = true, topicConfig } = options
  const spans = spansOf(name, options)
  return {
    name,
    logging,
    topicConfig: { ...versionedChangelog(spans.retentionMs), ...topicConfig },
    changelog: changelogOf(spans),
    historyMs: spans.retentionMs,
    build: (environment) =>
      new TypedVersionedStore({ name, key, value, spans, logging, environment }),
  }
}

/** Every put is a record, at the time of its version; a restore puts them again. */
function changelogOf(spans: VersionedSpans): StoreChangelog {
  return {
    records: loggedRecords,
    restore: (records, committed) => restored(records, committed, spans),
  }
}

function* loggedRecords(buffer: TransactionBuffer): Generator<ChangelogRecord, undefined> {
  for (const record of buffer.logged) yield { ...record, headers: NO_HEADERS }
}

function restored(
  records: readonly RestoredRecord[],
  committed: CommittedEntries,
  spans: VersionedSpans,
): RestoredBatch {
  const buffer = new TransactionBuffer('', committed)
  const entries = new VersionedEntries(buffer, spans)
  for (const { key, value, timestamp } of records) {
    if (key !== null) entries.put({ key, value, timestampMs: Math.max(timestamp, 0) })
  }
  const { deletedRanges = [], writes } = buffer.batch()
  return { deletedRanges, writes }
}

function spansOf<K, V>(
  name: string,
  { historyRetention, segmentInterval, deletionsInPlace }: VersionedStoreOptions<K, V>,
): VersionedSpans {
  const retentionMs = durationToMs(historyRetention)
  const segmentIntervalMs =
    segmentInterval === undefined
      ? defaultSegmentInterval(retentionMs)
      : durationToMs(segmentInterval)
  assert(
    segmentIntervalMs > 0 && segmentIntervalMs * MAX_SEGMENTS >= retentionMs,
    `store ${name}: a segment interval of ${segmentIntervalMs} ms is too short for a history of ${retentionMs} ms`,
  )
  const forgetsDeletionsInPlace = deletionsInPlace === 'forgotten'
  return { retentionMs, segmentIntervalMs, forgetsDeletionsInPlace }
}

/** Kafka Streams': `RocksDbVersionedKeyValueBytesStoreSupplier`. */
function defaultSegmentInterval(historyMs: number): number {
  if (historyMs <= 60_000) return Math.max(Math.floor(historyMs / 3), 2000)
  if (historyMs <= 300_000) return Math.max(Math.floor(historyMs / 5), 20_000)
  if (historyMs <= 3_600_000) return Math.max(Math.floor(historyMs / 12), 60_000)
  return Math.max(Math.floor(historyMs / 24), 300_000)
}
