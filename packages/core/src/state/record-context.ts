import { writeLong } from '../base/long-bytes.ts'
import { type Header, type Headers, NO_HEADERS } from '../record/headers.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { ByteReader } from './byte-reader.ts'

/**
 * Where and when a buffered record was: what it is forwarded with when it leaves the buffer (Kafka Streams:
 * `ProcessorRecordContext`).
 */
export interface RecordContext {
  readonly timestampMs: number
  readonly headers: Headers
  /** Undefined for what a punctuator forwarded. */
  readonly metadata: RecordMetadata | undefined
}

/*
 * Bytes: timestamp(8) + offset(8) + topic length(4) + topic + partition(4) + header count(4)
 *   + each [key length(4) + key + value length(4, -1 null) + value]
 * No metadata is an empty topic, with -1 for partition and offset: Kafka Streams would fail to write it.
 */

const FIXED_BYTES = 28
const HEADER_BYTES = 8

export function recordContextLength({ headers, metadata }: RecordContext): number {
  let length = FIXED_BYTES + Buffer.byteLength(metadata?.topic ?? '', 'utf8')
  for (const { key, value } of headers) {
    length += HEADER_BYTES + Buffer.byteLength(key, 'utf8') + (value?.length ?? 0)
  }
  return length
}

/** Writes it to the beginning of `target`; returns where it ends. */
export function writeRecordContext(target: Buffer, context: RecordContext): number {
  const { timestampMs, headers, metadata } = context
  writeLong(target, timestampMs, 0)
  writeLong(target, metadata?.offset ?? -1, 8)
  let at = writeText(target, metadata?.topic ?? '', 16)
  at = target.writeInt32BE(metadata?.partition ?? -1, at)
  at = target.writeInt32BE(headers.length, at)
  for (const { key, value } of headers) {
    at = writeText(target, key, at)
    at = target.writeInt32BE(value?.length ?? -1, at)
    if (value !== null) {
      target.set(value, at)
      at += value.length
    }
  }
  return at
}

export function readRecordContext(reader: ByteReader): RecordContext {
  const timestampMs = reader.long()
  const offset = reader.long()
  const topic = readText(reader)
  const partition = reader.int()
  const headers = readHeaders(reader)
  const metadata = topic === '' ? undefined : { topic, partition, offset }
  return { timestampMs, headers, metadata }
}

/** What Kafka Streams counts for it where a buffer is bounded by bytes: texts by their letters. */
export function recordContextBytes({ headers, metadata }: RecordContext): number {
  let bytes = 8 + 8 + 4 + (metadata?.topic.length ?? 0)
  for (const { key, value } of headers) bytes += key.length + (value?.length ?? 0)
  return bytes
}

function readHeaders(reader: ByteReader): Headers {
  const count = reader.int()
  if (count <= 0) return NO_HEADERS // -1 was written once
  const headers: Header[] = []
  for (let i = 0; i < count; i++) {
    const key = readText(reader)
    headers.push({ key, value: reader.sized() })
  }
  return headers
}

function readText(reader: ByteReader): string {
  const bytes = reader.sized()
  if (bytes === null) throw new RangeError(`no text at ${reader.offset}`)
  return bytes.toString('utf8')
}

function writeText(target: Buffer, text: string, at: number): number {
  const length = target.write(text, at + 4, 'utf8')
  target.writeInt32BE(length, at)
  return at + 4 + length
}
