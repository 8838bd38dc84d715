import type { ChangelogPosition } from '@millrace/core/internal'
import type { Database, DatabaseRange } from './binding/database.ts'
import { corruptState, type StatePlace } from './binding/translate-error.ts'
import {
  ALL_ROWS,
  decodePosition,
  decodeRanges,
  encodeStoreId,
  FORMAT,
  FORMAT_KEY,
  PENDING_RANGES_KEY,
  positionKey,
  STORE_NAMES,
  storeNameKey,
  storeNameOf,
} from './row-layout.ts'

/** What a database says of its stores. */
export interface StoreCatalogue {
  /** By name, those asked for. */
  readonly storeIds: ReadonlyMap<string, number>
  readonly positions: ReadonlyMap<string, ChangelogPosition>
  /** True when the row of ranges to delete is there; they are deleted. */
  readonly hasPendingRanges: boolean
}

/**
 * Reads the catalogue, gives ids to stores that are new, and finishes what a crash left undone.
 *
 * @throws MillraceError `MR_STATE_CORRUPT` when it is of another format, or not Millrace's
 */
export function openCatalogue(
  database: Database,
  stores: readonly string[],
  place: StatePlace,
): StoreCatalogue {
  checkFormat(database, place)
  const storeIds = new Map<string, number>()
  const positions = new Map<string, ChangelogPosition>()
  const known = readStoreIds(database)
  let last = Math.max(0, ...known.values())
  for (const store of stores) storeIds.set(store, known.get(store) ?? ++last)

  if (last > known.size || stores.some((store) => !known.has(store))) {
    database.write((into) => {
      into.put(FORMAT_KEY, Buffer.from([FORMAT]))
      for (const [store, id] of storeIds) into.put(storeNameKey(store), encodeStoreId(id))
    })
  }
  for (const [store, id] of storeIds) {
    const position = database.get(positionKey(id))
    if (position !== undefined) positions.set(store, decodePosition(position))
  }

  const pending = database.get(PENDING_RANGES_KEY)
  if (pending !== undefined) deleteRanges(database, decodeRanges(pending))
  return { storeIds, positions, hasPendingRanges: pending !== undefined }
}

/** Deletes those that hold anything: a deletion costs every later read a little, an empty range nothing. */
export function deleteRanges(database: Database, ranges: readonly DatabaseRange[]): void {
  for (const range of ranges) if (!isEmpty(database, range)) database.deleteRange(range)
}

function checkFormat(database: Database, place: StatePlace): void {
  const format = database.get(FORMAT_KEY)
  if (format === undefined) {
    if (isEmpty(database, ALL_ROWS)) return
    throw corruptState('it was not written by Millrace', place)
  }
  if (format[0] !== FORMAT) {
    const found = format.toString('hex')
    throw corruptState(`it has format ${found}, and this version has format ${FORMAT}`, place)
  }
}

function readStoreIds(database: Database): ReadonlyMap<string, number> {
  const ids = new Map<string, number>()
  const iterator = database.iterate(STORE_NAMES)
  try {
    for (let finished = false; !finished;) {
      const block = iterator.next(256)
      for (let i = 0; i < block.rows.length; i += 2) {
        const [key, id] = block.rows.slice(i, i + 2)
        if (key !== undefined && id !== undefined) ids.set(storeNameOf(key), id.readUInt16BE())
      }
      finished = block.finished
    }
  } finally {
    iterator.close()
  }
  return ids
}

function isEmpty(database: Database, range: DatabaseRange): boolean {
  return database.keys(range, 1).length === 0
}
