import type { ProcessorSupplier } from '../../processor/processor.ts'

/** A key and its value (Kafka Streams: `KeyValue`). */
export type KeyValue<K, V> = readonly [key: K, value: V]

/** Makes something of a key and a value. */
export type KeyValueMapper<K, V, R> = (key: K, value: V) => R

/** One record of another key and value for each; timestamp and headers stay. */
export function map<K, V, KR, VR>(
  mapper: KeyValueMapper<K, V, KeyValue<KR, VR>>,
): ProcessorSupplier<K, V, KR, VR> {
  return () => ({
    process(record, context) {
      const pair = mapper(record.key, record.value)
      return context.forward(record.withKeyValue(pair[0], pair[1]))
    },
  })
}
