import { bytesToMapKey } from '../base/bytes.ts'
import { readTimestamp, timestampOfText, writeTimestamp } from '../base/timestamp-bytes.ts'

/* Key of a window store's changelog (Kafka Streams: `WindowKeySchema`): key + start(8) + sequence(4). */

/** What stands behind the user's key. */
export const WINDOW_TIME_BYTES = 12
const NO_KEY = new Uint8Array(0)

export function windowKey(key: Uint8Array, startMs: number, sequence: number): Buffer {
  const stored = Buffer.allocUnsafe(key.length + WINDOW_TIME_BYTES)
  stored.set(key)
  writeTimestamp(stored, startMs, key.length)
  stored.writeInt32BE(sequence, key.length + 8)
  return stored
}

/** More than what stands behind any key of a window that starts until `startMs`. */
export function suffixBehind(startMs: number): Buffer {
  return windowKey(NO_KEY, startMs + 1, 0)
}

export function windowKeyLength(key: Uint8Array): number {
  return key.length + WINDOW_TIME_BYTES
}

/** The user's key. */
export function keyOfWindow(stored: Buffer): Buffer {
  return stored.subarray(0, stored.length - WINDOW_TIME_BYTES)
}

export function startOfWindow(stored: Buffer): number {
  return readTimestamp(stored, stored.length - WINDOW_TIME_BYTES)
}

/** What stands behind the user's key, as the text of its bytes; of a store without duplicates. */
export function windowText(startMs: number): string {
  return bytesToMapKey(windowKey(NO_KEY, startMs, 0))
}

/** The start in a stored key that is such a text. */
export function startOfWindowText(mapKey: string): number {
  return timestampOfText(mapKey, mapKey.length - WINDOW_TIME_BYTES)
}

export function sequenceOfWindow(stored: Buffer): number {
  return stored.readInt32BE(stored.length - 4)
}
