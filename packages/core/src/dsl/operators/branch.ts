import type { ProcessorSupplier } from '../../processor/processor.ts'
import type { Predicate } from './filter.ts'

export interface BranchRules<K, V> {
  readonly predicates: readonly Predicate<K, V>[]
  /** Names of the child nodes: one a predicate, and one more for the default branch. */
  readonly children: readonly string[]
}

/**
 * Forwards a record to the child of the first predicate that holds, to no other. Without a match it
 * goes to the default branch; without one it is dropped.
 */
export function branch<K, V>({
  predicates,
  children,
}: BranchRules<K, V>): ProcessorSupplier<K, V, K, V> {
  const fallback = children[predicates.length]
  return () => ({
    process(record, context) {
      for (let i = 0; i < predicates.length; i++) {
        if (predicates[i]?.(record.key, record.value) === true) {
          return context.forward(record, children[i])
        }
      }
      if (fallback !== undefined) return context.forward(record, fallback)
    },
  })
}
