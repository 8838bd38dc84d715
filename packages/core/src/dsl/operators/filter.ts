import type { ProcessorSupplier } from '../../processor/processor.ts'

/** Decides about a record by its key and value. Called once a record; an error goes to the processing exception handler. */
export type Predicate<K, V> = (key: K, value: V) => boolean

/**
 * Forwards a record when `keep` says so, and drops it otherwise.
 *
 * Stateless: key, value, timestamp and headers pass unchanged, so no repartition follows. Null keys
 * and values go to the predicate like any other.
 */
export function filter<K, V>(keep: Predicate<K, V>): ProcessorSupplier<K, V, K, V> {
  return () => ({
    process(record, context) {
      if (!keep(record.key, record.value)) return
      return context.forward(record)
    },
  })
}

/** Forwards what {@link filter} would drop. */
export function filterNot<K, V>(drop: Predicate<K, V>): ProcessorSupplier<K, V, K, V> {
  return () => ({
    process(record, context) {
      if (drop(record.key, record.value)) return
      return context.forward(record)
    },
  })
}
