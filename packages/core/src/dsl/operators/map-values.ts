import type { ProcessorSupplier } from '../../processor/processor.ts'

/** Makes another value; the key is there to be read. */
export type ValueMapper<K, V, VR> = (value: V, key: K) => VR

/** Another value under the same key; timestamp and headers stay. Null values go to the mapper too. */
export function mapValues<K, V, VR>(mapper: ValueMapper<K, V, VR>): ProcessorSupplier<K, V, K, VR> {
  return () => ({
    process(record, context) {
      return context.forward(record.withValue(mapper(record.value, record.key)))
    },
  })
}
