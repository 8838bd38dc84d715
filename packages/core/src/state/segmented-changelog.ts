import { asBuffer, bytesToMapKey } from '../base/bytes.ts'
import { NO_HEADERS } from '../record/headers.ts'
import {
  expiredRanges,
  firstLiveSegment,
  indexKey,
  INDEXED,
  isEntryByTime,
  segmentIdOf,
  segmentKey,
  type SegmentSpans,
  withoutSegment,
} from './segments.ts'
import type { CommittedEntries } from './state-backend.ts'
import {
  type ChangelogCodec,
  type ChangelogRecord,
  changelogRecord,
  type RestoredBatch,
  type RestoredRecord,
  type StoreChangelog,
} from './store-changelog.ts'
import { StoreScalars } from './store-scalars.ts'
import type { DirtyEntry, TransactionBuffer } from './transaction-buffer.ts'

export interface SegmentedChangelogParts {
  readonly codec: ChangelogCodec
  readonly spans: SegmentSpans
  /** The time that decides about the segment of a changelog key. */
  readonly timestampOf: (key: Buffer) => number
  /** Undefined where keys have no sequence number. */
  readonly sequenceOf?: (key: Buffer) => number
  /** True for the store of an operator that keeps its time: that of its records is no less than theirs. */
  readonly keepsOperatorTime?: boolean
  /** True: windows that expire are deleted from the changelog too, which its cleanup does not do by itself. */
  readonly writesTombstones: boolean
}

/** Of stores by time: the keys are those of the changelog behind a prefix, which is not sent. */
export function segmentedChangelog(parts: SegmentedChangelogParts): StoreChangelog {
  return {
    records: (buffer) => recordsOf(buffer, parts),
    restore: (records, committed) => restored(records, committed, parts),
  }
}

function* recordsOf(
  buffer: TransactionBuffer,
  { codec, writesTombstones }: SegmentedChangelogParts,
): Generator<ChangelogRecord, undefined> {
  if (writesTombstones) yield* tombstonesOf(buffer)
  for (const { key, value, timestampMs } of buffer.dirtyEntries()) {
    if (!isEntryByTime(key)) continue
    yield changelogRecord(codec, withoutSegment(key), value, timestampMs)
  }
}

function* tombstonesOf(buffer: TransactionBuffer): Generator<ChangelogRecord, undefined> {
  const timestampMs = buffer.scalars.streamTimeMs
  for (const range of buffer.deletedRanges) {
    for (const [key] of buffer.committedRange({ ...range, reverse: false })) {
      if (!isEntryByTime(key)) break
      yield { key: withoutSegment(key), value: null, timestampMs, headers: NO_HEADERS }
    }
  }
}

/**
 * Stream time is counted over all of the records first, as Kafka Streams does: what has expired at the
 * end of them is not even written.
 */
function restored(
  records: readonly RestoredRecord[],
  committed: CommittedEntries,
  parts: SegmentedChangelogParts,
): RestoredBatch {
  const { spans } = parts
  const scalars = new StoreScalars(committed)
  const before = scalars.streamTimeMs
  count(records, scalars, parts)
  const now = scalars.streamTimeMs
  const firstLive = spans.awaitsRelease === true ? 0 : firstLiveSegment(now, spans)
  const writes = writesOf(records, firstLive, parts)
  const numbers = scalars.entry()
  if (numbers !== undefined) writes.push(numbers)
  return { deletedRanges: firstLive === 0 ? [] : expiredRanges(before, now, spans), writes }
}

function count(
  records: readonly RestoredRecord[],
  scalars: StoreScalars,
  { timestampOf, sequenceOf, keepsOperatorTime = false }: SegmentedChangelogParts,
): void {
  for (const { key, value, timestamp } of records) {
    if (key === null) continue
    if (keepsOperatorTime) scalars.observeOperator(timestamp)
    scalars.observe(timestampOf(asBuffer(key)))
    if (value !== null && sequenceOf !== undefined) scalars.setSequence(sequenceOf(asBuffer(key)))
  }
}

function writesOf(
  records: readonly RestoredRecord[],
  firstLive: number,
  { codec, spans, timestampOf }: SegmentedChangelogParts,
): DirtyEntry[] {
  const writes: DirtyEntry[] = []
  for (const { key, value, timestamp, headers } of records) {
    if (key === null) continue
    const changelogKey = asBuffer(key)
    const segmentId = segmentIdOf(timestampOf(changelogKey), spans)
    if (segmentId < firstLive) continue
    const stored = value === null ? null : codec.storedValue(value, timestamp, headers)
    writes.push(entryOf(segmentKey(segmentId, key), stored, timestamp))
    if (spans.indexTimeBytes === undefined) continue
    const indexed = stored === null ? null : INDEXED
    writes.push(entryOf(indexKey(changelogKey, spans.indexTimeBytes), indexed, timestamp))
  }
  return writes
}

function entryOf(key: Uint8Array, value: Uint8Array | null, timestampMs: number): DirtyEntry {
  return { key, mapKey: bytesToMapKey(key), value, timestampMs }
}
