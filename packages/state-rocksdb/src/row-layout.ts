import type { ChangelogPosition } from '@millrace/core/internal'
import type { DatabaseRange } from './binding/database.ts'

/**
 * How rows are laid out. Format 1:
 *
 *     0000 'f'                -> format (1)
 *     0000 'p' store id (2)   -> offset (8) topic id
 *     0000 'r'                -> ranges to delete, each: length (4) from length (4) to
 *     0000 's' store name     -> store id (2)
 *     store id (2) key        -> value
 *
 * Numbers are big-endian, text is UTF-8. Store ids begin at 1 and are never given again.
 */
export const FORMAT = 1

const PREFIX_BYTES = 2
const MAX_STORE_ID = 0xfffe
const OFFSET_BYTES = 8
const LENGTH_BYTES = 4

const metaKey = (kind: string, rest: Uint8Array = new Uint8Array(0)): Buffer =>
  Buffer.concat([Buffer.from([0, 0]), Buffer.from(kind, 'latin1'), rest])

export const FORMAT_KEY: Buffer = metaKey('f')
export const PENDING_RANGES_KEY: Buffer = metaKey('r')
export const STORE_NAMES: DatabaseRange = { from: metaKey('s'), to: metaKey('t') }

export const ALL_ROWS: DatabaseRange = { from: Buffer.alloc(0), to: Buffer.from([0xff, 0xff]) }

export function storeNameKey(store: string): Buffer {
  return metaKey('s', Buffer.from(store, 'utf8'))
}

export function storeNameOf(key: Buffer): string {
  return key.toString('utf8', STORE_NAMES.from.length)
}

export function positionKey(storeId: number): Buffer {
  return metaKey('p', encodeStoreId(storeId))
}

export function encodeStoreId(storeId: number): Buffer {
  if (storeId > MAX_STORE_ID) throw new RangeError(`a task has at most ${MAX_STORE_ID} stores`)
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES)
  bytes.writeUInt16BE(storeId)
  return bytes
}

export function encodePosition({ offset, topicId }: ChangelogPosition): Buffer {
  const bytes = Buffer.allocUnsafe(OFFSET_BYTES + Buffer.byteLength(topicId))
  bytes.writeBigInt64BE(BigInt(offset))
  bytes.write(topicId, OFFSET_BYTES)
  return bytes
}

export function decodePosition(bytes: Buffer): ChangelogPosition {
  return {
    offset: Number(bytes.readBigInt64BE()),
    topicId: bytes.toString('utf8', OFFSET_BYTES),
  }
}

/** The row of a store's entry. */
export function rowKey(storeId: number, key: Uint8Array): Buffer {
  const row = Buffer.allocUnsafe(PREFIX_BYTES + key.length)
  row[0] = storeId >>> 8
  row[1] = storeId & 0xff
  row.set(key, PREFIX_BYTES)
  return row
}

export function keyOfRow(row: Buffer): Buffer {
  return row.subarray(PREFIX_BYTES)
}

/** The rows of a store's entries; an absent bound is that of the store. */
export function rowsOf(storeId: number, from?: Uint8Array, to?: Uint8Array): DatabaseRange {
  return {
    from: rowKey(storeId, from ?? new Uint8Array(0)),
    to: to === undefined ? encodeNext(storeId) : rowKey(storeId, to),
  }
}

/** {@link MAX_STORE_ID} leaves room for the one after the last. */
function encodeNext(storeId: number): Buffer {
  return Buffer.from([(storeId + 1) >>> 8, (storeId + 1) & 0xff])
}

export function encodeRanges(ranges: readonly DatabaseRange[]): Buffer {
  const parts: Uint8Array[] = []
  for (const bound of ranges.flatMap(({ from, to }) => [from, to])) {
    const length = Buffer.allocUnsafe(LENGTH_BYTES)
    length.writeUInt32BE(bound.length)
    parts.push(length, bound)
  }
  return Buffer.concat(parts)
}

export function decodeRanges(bytes: Buffer): readonly DatabaseRange[] {
  let offset = 0
  const bound = (): Buffer => {
    const start = offset + LENGTH_BYTES
    offset = start + bytes.readUInt32BE(offset)
    return bytes.subarray(start, offset)
  }
  const ranges: DatabaseRange[] = []
  while (offset < bytes.length) ranges.push({ from: bound(), to: bound() })
  return ranges
}
