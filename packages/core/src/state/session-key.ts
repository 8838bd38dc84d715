import {
  readTimestamp,
  timestampOfText,
  timestampText,
  writeTimestamp,
} from '../base/timestamp-bytes.ts'
import type { Window } from '../record/windowed.ts'

/* Key of a session store's changelog (Kafka Streams: `SessionKeySchema`): key + end(8) + start(8). */

/** What stands behind the user's key. */
export const SESSION_TIME_BYTES = 16
const NO_KEY = new Uint8Array(0)

export function sessionKey(key: Uint8Array, startMs: number, endMs: number): Buffer {
  const stored = Buffer.allocUnsafe(key.length + SESSION_TIME_BYTES)
  stored.set(key)
  writeTimestamp(stored, endMs, key.length)
  writeTimestamp(stored, startMs, key.length + 8)
  return stored
}

/** More than what stands behind any key of a session that ends until `endMs`. */
export function suffixBehind(endMs: number): Buffer {
  return sessionKey(NO_KEY, 0, endMs + 1)
}

export function sessionKeyLength(key: Uint8Array): number {
  return key.length + SESSION_TIME_BYTES
}

/** The user's key. */
export function keyOfSession(stored: Buffer): Buffer {
  return stored.subarray(0, stored.length - SESSION_TIME_BYTES)
}

/** What stands behind the user's key, as the text of its bytes. */
export function sessionText(startMs: number, endMs: number): string {
  return timestampText(endMs) + timestampText(startMs)
}

/** The bounds in a stored key that is such a text. */
export function sessionOfText(mapKey: string): Window {
  const at = mapKey.length - SESSION_TIME_BYTES
  return { startMs: timestampOfText(mapKey, at + 8), endMs: timestampOfText(mapKey, at) }
}

export function endOfSession(stored: Buffer): number {
  return readTimestamp(stored, stored.length - SESSION_TIME_BYTES)
}

export function startOfSession(stored: Buffer): number {
  return readTimestamp(stored, stored.length - 8)
}
