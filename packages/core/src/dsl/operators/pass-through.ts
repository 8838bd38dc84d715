import type { ProcessorSupplier } from '../../processor/processor.ts'

/** Forwards every record as it is: where streams merge, and where a branch begins. */
export function passThrough<K, V>(): ProcessorSupplier<K, V, K, V> {
  return () => ({
    process(record, context) {
      return context.forward(record)
    },
  })
}
