import { asBuffer, equalBytes } from '../base/bytes.ts'
import { readLong, writeLong } from '../base/long-bytes.ts'
import { ByteReader } from './byte-reader.ts'
import {
  readRecordContext,
  recordContextBytes,
  type RecordContext,
  recordContextLength,
  writeRecordContext,
} from './record-context.ts'

/** What a buffer holds of one key, as bytes (Kafka Streams: `BufferValue`). */
export interface BufferValue {
  readonly context: RecordContext
  /** What was downstream before the key came into the buffer. */
  readonly prior: Uint8Array | null
  readonly oldValue: Uint8Array | null
  readonly newValue: Uint8Array | null
}

/*
 * Bytes: context + prior + old + new + buffer time(8), each value behind its length(4), which is -1 for
 * null, and for an old value -2 when it is the prior one. That is both the stored form and the value of
 * changelog records of Kafka Streams' version 3.
 */

const SAME_AS_PRIOR = -2
const NULL = -1
const LENGTH_BYTES = 4
const TIME_BYTES = 8

export function encodeBufferValue(value: BufferValue, bufferTimeMs: number): Buffer {
  const { context, prior, oldValue, newValue } = value
  const isSame = oldValue !== null && equalBytes(prior, oldValue)
  const old = isSame ? null : oldValue
  const values = (prior?.length ?? 0) + (old?.length ?? 0) + (newValue?.length ?? 0)
  const length = recordContextLength(context) + 3 * LENGTH_BYTES + values + TIME_BYTES
  const bytes = Buffer.allocUnsafe(length)
  let at = writeSized(bytes, prior, writeRecordContext(bytes, context))
  at = isSame ? bytes.writeInt32BE(SAME_AS_PRIOR, at) : writeSized(bytes, old, at)
  at = writeSized(bytes, newValue, at)
  writeLong(bytes, bufferTimeMs, at)
  return bytes
}

/** @throws RangeError for bytes of another form */
export function decodeBufferValue(encoded: Uint8Array): BufferValue {
  const reader = new ByteReader(asBuffer(encoded))
  const context = readRecordContext(reader)
  const prior = reader.sized()
  const oldLength = reader.int()
  let oldValue = prior
  if (oldLength !== SAME_AS_PRIOR) oldValue = oldLength === NULL ? null : reader.bytes(oldLength)
  return { context, prior, oldValue, newValue: reader.sized() }
}

export function bufferTimeOf(encoded: Uint8Array): number {
  return readLong(asBuffer(encoded), encoded.length - TIME_BYTES)
}

/** What Kafka Streams counts for it where a buffer is bounded by bytes. */
export function bufferValueBytes({ context, prior, oldValue, newValue }: BufferValue): number {
  const old = equalBytes(prior, oldValue) ? 0 : (oldValue?.length ?? 0)
  return (prior?.length ?? 0) + old + (newValue?.length ?? 0) + recordContextBytes(context)
}

function writeSized(target: Buffer, value: Uint8Array | null, at: number): number {
  if (value === null) return target.writeInt32BE(NULL, at)
  target.writeInt32BE(value.length, at)
  target.set(value, at + LENGTH_BYTES)
  return at + LENGTH_BYTES + value.length
}
