import type { ProcessorSupplier } from '../../processor/processor.ts'

/** Called for a record; runs again when its transaction was aborted. */
export type ForeachAction<K, V> = (key: K, value: V) => void

/** Calls `action` and forwards the record as it is. The action runs again after an abort or a retry. */
export function peek<K, V>(action: ForeachAction<K, V>): ProcessorSupplier<K, V, K, V> {
  return () => ({
    process(record, context) {
      action(record.key, record.value)
      return context.forward(record)
    },
  })
}

/** Calls `action` and forwards nothing. The action runs again after an abort or a retry. */
export function foreach<K, V>(action: ForeachAction<K, V>): ProcessorSupplier<K, V, never, never> {
  return () => ({
    process(record) {
      action(record.key, record.value)
    },
  })
}
