import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'

/*
 * Bytes of the store of an outer join (Kafka Streams: `TimestampedKeyAndJoinSide`, and a list of `LeftOrRightValue`).
 *   key    = timestamp(8) + side(1) + key
 *   value  = 0x01 + count(4) + each [length(4) + item];  item = side(1) + value
 * The side is 1 for the left. By key, entries come by their time, right ones first.
 */

const KEY_OFFSET = 9
/** Kafka's `ListSerializer` writes it before a list whose items have lengths of their own. */
const LIST_OF_ANY_LENGTH = 0x01
const LIST_OFFSET = 5

export function outerJoinKey(timestampMs: number, isLeft: boolean, key: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(KEY_OFFSET + key.length)
  writeTimestamp(stored, timestampMs, 0)
  stored[8] = isLeft ? 1 : 0
  stored.set(key, KEY_OFFSET)
  return stored
}

export function timeOfOuterJoinKey(stored: Buffer): number {
  return readTimestamp(stored, 0)
}

export function isLeftOuterJoinKey(stored: Buffer): boolean {
  return stored[8] === 1
}

export function keyOfOuterJoinKey(stored: Buffer): Buffer {
  return stored.subarray(KEY_OFFSET)
}

/** The list with one more value; `list` is null where there is none. */
export function appendOuterJoinValue(
  list: Buffer | null,
  isLeft: boolean,
  value: Uint8Array,
): Buffer {
  const count = list === null ? 0 : list.readInt32BE(1)
  const end = list === null ? LIST_OFFSET : list.length
  const appended = Buffer.allocUnsafe(end + LIST_OFFSET + value.length)
  if (list !== null) appended.set(list)
  appended[0] = LIST_OF_ANY_LENGTH
  appended.writeInt32BE(count + 1, 1)
  appended.writeInt32BE(1 + value.length, end)
  appended[end + 4] = isLeft ? 1 : 0
  appended.set(value, end + LIST_OFFSET)
  return appended
}

/** The values in the order in which they were appended. All are of the side that the key says. */
export function* outerJoinValues(list: Buffer): Generator<Buffer, undefined> {
  let at = LIST_OFFSET
  for (let left = list.readInt32BE(1); left > 0; left--) {
    const end = at + 4 + list.readInt32BE(at)
    yield list.subarray(at + 5, end)
    at = end
  }
}
