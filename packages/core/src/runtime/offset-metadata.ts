/*
 * What Kafka Streams keeps in the metadata of a committed offset (TopicPartitionMetadata, version 2):
 * base64 of 0x02 + partition time(8) + [count(4), each name length(4) + name + value(8)].
 * The list is left out when it is empty. Version 1 holds the partition time alone.
 */
const LATEST_VERSION = 2

export interface OffsetMetadata {
  /** Highest event time seen on the partition; -1 when unknown. */
  readonly partitionTimeMs: number
  /** Times that operators keep, such as the last window close emitted, by store. */
  readonly processorTimes: ReadonlyMap<string, number>
}

export const UNKNOWN_OFFSET_METADATA: OffsetMetadata = {
  partitionTimeMs: -1,
  processorTimes: new Map(),
}

export function encodeOffsetMetadata({ partitionTimeMs, processorTimes }: OffsetMetadata): string {
  const names = [...processorTimes].map(([name, time]) => ({ name: Buffer.from(name), time }))
  const size = names.reduce((sum, { name }) => sum + 12 + name.length, names.length > 0 ? 13 : 9)
  const bytes = Buffer.alloc(size)
  bytes[0] = LATEST_VERSION
  bytes.writeBigInt64BE(BigInt(partitionTimeMs), 1)
  if (names.length > 0) {
    let at = bytes.writeInt32BE(names.length, 9)
    for (const { name, time } of names) {
      at = bytes.writeInt32BE(name.length, at)
      at += name.copy(bytes, at)
      at = bytes.writeBigInt64BE(BigInt(time), at)
    }
  }
  return bytes.toString('base64')
}

/** Metadata of another version, or of another program, is ignored: it only refines time. */
export function decodeOffsetMetadata(metadata: string): OffsetMetadata {
  const bytes = Buffer.from(metadata, 'base64')
  const version = bytes[0]
  if (bytes.length < 9 || (version !== 1 && version !== 2)) return UNKNOWN_OFFSET_METADATA
  const partitionTimeMs = Number(bytes.readBigInt64BE(1))
  const processorTimes = new Map<string, number>()
  if (version === 2 && bytes.length >= 13) {
    let at = 13
    for (let left = bytes.readInt32BE(9); left > 0 && at + 4 <= bytes.length; left--) {
      const end = at + 4 + bytes.readInt32BE(at)
      if (end + 8 > bytes.length) break
      processorTimes.set(bytes.toString('utf8', at + 4, end), Number(bytes.readBigInt64BE(end)))
      at = end + 8
    }
  }
  return { partitionTimeMs, processorTimes }
}
