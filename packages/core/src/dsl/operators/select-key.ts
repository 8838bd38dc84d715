import type { ProcessorSupplier } from '../../processor/processor.ts'
import type { KeyValueMapper } from './map.ts'

/** The same value under another key; timestamp and headers stay. */
export function selectKey<K, V, KR>(
  mapper: KeyValueMapper<K, V, KR>,
): ProcessorSupplier<K, V, KR, V> {
  return () => ({
    process(record, context) {
      return context.forward(record.withKey(mapper(record.key, record.value)))
    },
  })
}
