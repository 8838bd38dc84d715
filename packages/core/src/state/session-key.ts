import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'

/* Key of a session store's changelog (Kafka Streams: `SessionKeySchema`): key + end(8) + start(8). */

const SUFFIX_BYTES = 16
const NO_KEY = new Uint8Array(0)

export function sessionKey(key: Uint8Array, startMs: number, endMs: number): Buffer {
  const stored = Buffer.allocUnsafe(key.length + SUFFIX_BYTES)
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
  return key.length + SUFFIX_BYTES
}

/** The user's key. */
export function keyOfSession(stored: Buffer): Buffer {
  return stored.subarray(0, stored.length - SUFFIX_BYTES)
}

export function endOfSession(stored: Buffer): number {
  return readTimestamp(stored, stored.length - SUFFIX_BYTES)
}

export function startOfSession(stored: Buffer): number {
  return readTimestamp(stored, stored.length - 8)
}
