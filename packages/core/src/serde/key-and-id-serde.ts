import { asBuffer } from '../base/bytes.ts'
import type { Serde } from './serde.ts'

/** A key, and what tells apart the entries of a store that are of that key. */
export type KeyAndId<K> = readonly [key: K, id: string]

const LENGTH_BYTES = 4

/** Bytes: length of the key(4) + key + id. */
export function keyAndIdSerde<K>(key: Serde<K>): Serde<KeyAndId<K>> {
  return {
    serialize([k, id], topic) {
      const keyBytes = key.serialize(k, topic)
      const idBytes = Buffer.byteLength(id)
      const bytes = Buffer.allocUnsafe(LENGTH_BYTES + keyBytes.length + idBytes)
      bytes.writeInt32BE(keyBytes.length)
      bytes.set(keyBytes, LENGTH_BYTES)
      bytes.write(id, LENGTH_BYTES + keyBytes.length)
      return bytes
    },
    deserialize(bytes, topic) {
      const buffer = asBuffer(bytes)
      const end = LENGTH_BYTES + buffer.readInt32BE(0)
      return [
        key.deserialize(buffer.subarray(LENGTH_BYTES, end), topic),
        buffer.toString('utf8', end),
      ]
    },
  }
}
