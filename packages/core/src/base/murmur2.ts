/**
 * Kafka's murmur2 hash, seed 0x9747b28c, as a signed 32-bit number (Java:
 * `org.apache.kafka.common.utils.Utils.murmur2`).
 */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  const m = 0x5bd1e995
  let h = (0x9747b28c ^ length) | 0
  const end = length & ~3
  for (let i = 0; i < end; i += 4) {
    let k =
      byteAt(data, i) |
      (byteAt(data, i + 1) << 8) |
      (byteAt(data, i + 2) << 16) |
      (byteAt(data, i + 3) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = length & 3
  if (rest === 3) h ^= byteAt(data, end + 2) << 16
  if (rest >= 2) h ^= byteAt(data, end + 1) << 8
  if (rest >= 1) h = Math.imul(h ^ byteAt(data, end), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}

function byteAt(data: Uint8Array, index: number): number {
  return data[index] ?? 0
}

/** The partition that Java's default partitioner gives a record with this key. */
export function partitionForKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
