import type { ProcessorSupplier } from '../../processor/processor.ts'
import type { Change } from '../../record/change.ts'

/** The new value of each change; null where a row was deleted. */
export function toStream<K, V>(): ProcessorSupplier<K, Change<V>, K, V | null> {
  return () => ({
    process(record, context) {
      return context.forward(record.withValue(record.value.newValue))
    },
  })
}
