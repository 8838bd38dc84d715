import { partitionForKey } from '../base/murmur2.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import { WindowedSerde } from '../serde/windowed-serdes.ts'
import type { StreamPartitioner } from './topology-node.ts'

/**
 * The partitioner of a sink of the DSL for which the user gave none: all windows of a key go into the partition
 * of the key (Kafka Streams: `WindowedStreamPartitioner`). Undefined, which is the hash of the bytes, for keys
 * without windows; and so for a null key.
 */
export function windowedPartitioner(keySerde: Serde<unknown>): StreamPartitioner | undefined {
  if (!(keySerde instanceof WindowedSerde)) return undefined
  const inner: Serde<unknown> = keySerde.inner
  return (windowed, _value, partitions, topic) => {
    if (windowed === null || windowed === undefined) return undefined
    const { key } = windowed as Windowed<unknown> // what the serde is for
    try {
      return partitionForKey(inner.serialize(key, topic), partitions)
    } catch {
      return undefined // the sink finds the same when it serializes the record, and tells of it as it does of any
    }
  }
}
