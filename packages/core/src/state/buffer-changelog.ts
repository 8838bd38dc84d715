import { asBuffer } from '../base/bytes.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'
import { BufferEntries, keyOfEntry } from './buffer-entries.ts'
import { bufferTimeOf, type BufferValue, decodeBufferValue } from './buffer-value.ts'
import { ByteReader } from './byte-reader.ts'
import { readRecordContext, type RecordContext } from './record-context.ts'
import type { CommittedEntries } from './state-backend.ts'
import type {
  ChangelogRecord,
  RestoredBatch,
  RestoredRecord,
  StoreChangelog,
} from './store-changelog.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

/** Names the header with the version, one byte; the first version had none. */
const VERSION_HEADER = 'v'
const VERSION = 3
const VERSION_HEADERS: Headers = Object.freeze([
  { key: VERSION_HEADER, value: Uint8Array.of(VERSION) },
])

interface Restored {
  readonly value: BufferValue
  readonly timeMs: number
}

/**
 * The changelog of a suppress buffer, as Kafka Streams writes it: the last state of each key. The versions
 * of older releases are read too.
 *
 * - 3: context + prior + old + new, then the buffer time
 * - 2: context + change + prior, then the buffer time. Releases 2.4.0 to 2.5.0 wrote version 3 as 2, so what
 *   cannot be read as the one is read as the other.
 * - 1: buffer time, then context + change
 * - 0, without a header: buffer time, then the change; the context is that of the changelog record
 *
 * A change is its old and its new value, each behind its length. In a version without a prior value it is
 * the one that the buffer has of the key, else the old one.
 */
export const bufferChangelog: StoreChangelog = {
  records: recordsOf,
  restore: restored,
}

function* recordsOf(buffer: TransactionBuffer): Generator<ChangelogRecord, undefined> {
  for (const { key: storedKey, value, timestampMs } of buffer.dirtyEntries()) {
    const key = keyOfEntry(storedKey)
    if (key === undefined) continue
    const headers = value === null ? NO_HEADERS : VERSION_HEADERS
    yield { key, value, timestampMs, headers }
  }
}

/** An entry is at the time that its record says, also where its key was there before at another one. */
function restored(records: readonly RestoredRecord[], committed: CommittedEntries): RestoredBatch {
  const buffer = new TransactionBuffer('', committed)
  const entries = new BufferEntries(buffer)
  for (const record of records) {
    const { key, timestamp } = record
    if (key === null) continue
    const found = entries.find(key)
    if (record.value === null) entries.remove(found, timestamp)
    else {
      const { value, timeMs } = read(record, record.value, found.value?.prior ?? null)
      entries.put(found, value, timeMs, timestamp)
    }
  }
  const { deletedRanges = [], writes } = buffer.batch()
  return { deletedRanges, writes }
}

function read(record: RestoredRecord, bytes: Uint8Array, prior: Uint8Array | null): Restored {
  const version = versionOf(record.headers)
  switch (version) {
    case undefined:
      return readVersion0(record, bytes, prior)
    case 1:
      return readVersion1(bytes, prior)
    case 2:
      return readVersion2(bytes) ?? readVersion3(bytes)
    case VERSION:
      return readVersion3(bytes)
    default:
      throw new RangeError(`a suppress changelog has records of an unknown version ${version}`)
  }
}

/** Undefined: there is no header. */
function versionOf(headers: Headers): number | string | undefined {
  const header = headers.findLast(({ key }) => key === VERSION_HEADER)
  if (header === undefined) return undefined
  const bytes = header.value ?? new Uint8Array(0)
  return bytes.length === 1 ? bytes[0] : `0x${Buffer.from(bytes).toString('hex')}`
}

function readVersion0(
  { timestamp, headers, topic, partition, offset }: RestoredRecord,
  bytes: Uint8Array,
  prior: Uint8Array | null,
): Restored {
  const reader = new ByteReader(asBuffer(bytes))
  const timeMs = reader.long()
  const metadata =
    topic === undefined || partition === undefined || offset === undefined
      ? undefined
      : { topic, partition, offset }
  return { value: readChange(reader, { timestampMs: timestamp, headers, metadata }, prior), timeMs }
}

function readVersion1(bytes: Uint8Array, prior: Uint8Array | null): Restored {
  const reader = new ByteReader(asBuffer(bytes))
  const timeMs = reader.long()
  const context = readRecordContext(reader)
  return { value: readChange(sizedPart(reader), context, prior), timeMs }
}

function readVersion2(bytes: Uint8Array): Restored | undefined {
  try {
    const reader = new ByteReader(asBuffer(bytes))
    const context = readRecordContext(reader)
    const { oldValue, newValue } = readChange(sizedPart(reader), context, null)
    const prior = reader.sized()
    return { value: { context, prior, oldValue, newValue }, timeMs: reader.long() }
  } catch (error) {
    // It may be version 3 under this name; if it is not, reading that fails.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readVersion3(bytes: Uint8Array): Restored {
  return { value: decodeBufferValue(bytes), timeMs: bufferTimeOf(bytes) }
}

function readChange(
  reader: ByteReader,
  context: RecordContext,
  prior: Uint8Array | null,
): BufferValue {
  const oldValue = reader.sized()
  const newValue = reader.sized()
  return { context, prior: prior ?? oldValue, oldValue, newValue }
}

function sizedPart(reader: ByteReader): ByteReader {
  const part = reader.sized()
  if (part === null) throw new RangeError(`no change at ${reader.offset}`)
  return new ByteReader(part)
}
