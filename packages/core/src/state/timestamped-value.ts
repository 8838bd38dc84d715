import { asBuffer } from '../base/bytes.ts'
import { type Header, type Headers, NO_HEADERS } from '../record/headers.ts'

/*
 * Stored form of a value with timestamp and headers (Kafka Streams' ValueTimestampHeaders):
 *   varint(size of headers) + headers + timestamp(8) + value
 *   headers = varint(count) + each [varint(name length) + name + varint(value length, -1 null) + value]
 * Varints are zig-zag. Without headers the size is 0 and the headers are left out: one byte in all.
 */

/** A value without headers begins after the size byte and the timestamp. */
const PLAIN_OFFSET = 9

export function encodeTimestamped(
  value: Uint8Array,
  timestampMs: number,
  headers: Headers,
): Uint8Array {
  const block = headers.length === 0 ? undefined : encodeHeaders(headers)
  const size = block === undefined ? 1 : varintLength(block.length) + block.length
  const stored = Buffer.allocUnsafe(size + 8 + value.length)
  if (block === undefined) stored[0] = 0
  else stored.set(block, writeVarint(stored, 0, block.length))
  stored.writeUInt32BE(Math.floor(timestampMs / 0x1_0000_0000), size)
  stored.writeUInt32BE(timestampMs >>> 0, size + 4)
  stored.set(value, size + 8)
  return stored
}

export function timestampedValue(stored: Uint8Array): Uint8Array {
  return stored.subarray(timestampOffset(stored) + 8)
}

export function timestampOf(stored: Uint8Array): number {
  const buffer = asBuffer(stored)
  const at = timestampOffset(stored)
  return buffer.readUInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4)
}

export function headersOf(stored: Uint8Array): Headers {
  if (stored[0] === 0) return NO_HEADERS
  const reader = new VarintReader(asBuffer(stored))
  reader.varint()
  const headers: Header[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.bytes(reader.varint()).toString('utf8')
    const length = reader.varint()
    headers.push({ key, value: length < 0 ? null : reader.bytes(length) })
  }
  return headers
}

function timestampOffset(stored: Uint8Array): number {
  if (stored[0] === 0) return PLAIN_OFFSET - 8
  const reader = new VarintReader(asBuffer(stored))
  const size = reader.varint()
  return reader.offset + size
}

function encodeHeaders(headers: Headers): Buffer {
  const parts: Buffer[] = [varint(headers.length)]
  for (const { key, value } of headers) {
    const name = Buffer.from(key, 'utf8')
    parts.push(varint(name.length), name, varint(value === null ? -1 : value.length))
    if (value !== null) parts.push(asBuffer(value))
  }
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintLength(value))
  writeVarint(bytes, 0, value)
  return bytes
}

function varintLength(value: number): number {
  let rest = zigZag(value)
  let length = 1
  while (rest > 0x7f) {
    rest >>>= 7
    length++
  }
  return length
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = zigZag(value)
  let offset = at
  while (rest > 0x7f) {
    target[offset++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[offset++] = rest
  return offset
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

class VarintReader {
  readonly #bytes: Buffer
  offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = this.#bytes.readUInt8(this.offset++)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
      shift += 7
    }
    return (value >>> 1) ^ -(value & 1)
  }

  bytes(length: number): Buffer {
    const slice = this.#bytes.subarray(this.offset, this.offset + length)
    this.offset += length
    return slice
  }
}
