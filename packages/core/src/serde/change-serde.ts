import { Change } from '../record/change.ts'
import type { Serde } from './serde.ts'

/*
 * The value of a repartition topic below a grouped table (Kafka Streams: ChangedSerializer,
 * KIP-904). The last byte tells the form:
 *   0  old value                                3  old value + latest
 *   1  new value                                4  new value + latest
 *   2  varint(new length) + new + old           5  varint(new length) + new + old + latest
 * Written are 0, 1 and 2. Kafka Streams 4.3 reads 3 to 5 as well: `latest` is one byte, 1 or 0.
 * The varint is zig-zag.
 */

const OLD = 0
const NEW = 1
const BOTH = 2
/** Forms from here on have the byte `latest` before the last one. */
const WITH_LATEST = 3

/** @throws RangeError when neither value is there, and for bytes of no known form. */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  return {
    serialize: (change, topic) => serializeChange(inner, change, topic),
    deserialize: (bytes, topic) => deserializeChange(inner, bytes, topic),
  }
}

function serializeChange<V>(inner: Serde<V>, change: Change<V>, topic: string): Uint8Array {
  const newBytes = change.newValue === null ? null : inner.serialize(change.newValue, topic)
  const oldBytes = change.oldValue === null ? null : inner.serialize(change.oldValue, topic)
  if (newBytes !== null && oldBytes !== null) {
    const length = varint(newBytes.length)
    return Buffer.concat([length, newBytes, oldBytes, Buffer.of(BOTH)])
  }
  if (newBytes !== null) return Buffer.concat([newBytes, Buffer.of(NEW)])
  if (oldBytes !== null) return Buffer.concat([oldBytes, Buffer.of(OLD)])
  throw new RangeError('a change without a new and an old value cannot be written')
}

function deserializeChange<V>(inner: Serde<V>, bytes: Uint8Array, topic: string): Change<V> {
  const form = bytes[bytes.length - 1] ?? -1
  const hasLatest = form >= WITH_LATEST
  const end = bytes.length - (hasLatest ? 2 : 1)
  const isLatest = hasLatest ? readLatest(bytes[end]) : true
  const value = (from: number, to: number): V => inner.deserialize(bytes.subarray(from, to), topic)
  switch (hasLatest ? form - WITH_LATEST : form) {
    case OLD:
      return new Change<V>(null, value(0, end), isLatest)
    case NEW:
      return new Change<V>(value(0, end), null, isLatest)
    case BOTH: {
      const { length, start } = readVarint(bytes)
      const middle = start + length
      if (length < 0 || middle > end) throw new RangeError('not a change: wrong length')
      return new Change(value(start, middle), value(middle, end), isLatest)
    }
    default:
      throw new RangeError(`not a change: its last byte is ${form}`)
  }
}

function readLatest(byte: number | undefined): boolean {
  if (byte !== 0 && byte !== 1) throw new RangeError('not a change: neither latest nor not')
  return byte === 1
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value * 2 // zig-zag of a length, which is never negative
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function readVarint(bytes: Uint8Array): { readonly length: number; readonly start: number } {
  let raw = 0
  let factor = 1
  for (let start = 0; start < 5;) {
    const byte = bytes[start++] ?? 0
    raw += (byte & 0x7f) * factor
    if (byte < 0x80) return { length: raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2, start }
    factor *= 0x80
  }
  throw new RangeError('not a change: its length has more than 5 bytes')
}
