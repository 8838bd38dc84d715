import type { ProcessorSupplier } from '../processor/processor.ts'

/**
 * A rewriting of the topology that changes none of its results, with one exception, and with the names that Kafka
 * Streams gives them in `topology.optimization`.
 * - `reuse.ktable.source.topics`: a stored `table()` has the topic that it reads for its changelog.
 * - `merge.repartition.topics`: several repartitions below one operator that changes the key become one, right below it.
 * - `single.store.self.join`: a stream in a join with itself is kept in one store. A left or outer join with itself
 *   then gives what an inner one gives, and each record is joined with itself, whatever the bounds of the window.
 */
export type Optimization =
  'reuse.ktable.source.topics' | 'merge.repartition.topics' | 'single.store.self.join'

/** Options of `StreamsBuilder.build`. */
export interface BuildOptions {
  /**
   * An application that runs already is reset when it changes: its internal topics are others.
   * @defaultValue 'none'
   */
  readonly optimization?: 'none' | 'all' | readonly Optimization[]
  /**
   * Of `merge.repartition.topics`. False: a repartition below `process` or `processValues` stays there. True: it is
   * moved over them to the operator above that changes the key, as Kafka Streams does; a processor that changes the
   * key as well, or the type of the values, must not be there then: its records would be in wrong partitions.
   * @defaultValue false
   */
  readonly mergesOverProcessors?: boolean
  /**
   * True: every internal topic and store must have a name of the user's, since a generated one changes with the
   * operators before it, and then the state seems lost (Kafka Streams: `ensure.explicit.internal.resource.naming`).
   * @defaultValue false
   */
  readonly ensureExplicitInternalNames?: boolean
  /** Wraps the processors of all operators, those of the DSL included. */
  readonly processorWrapper?: ProcessorWrapper
}

/**
 * Gives the supplier to use in the place of an operator's own, e.g. one that measures it (KIP-1112). Stores that come
 * with it are added to those of the operator. Contexts are to be handed on as they are.
 */
export type ProcessorWrapper = (
  operator: string,
  supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>,
) => ProcessorSupplier<unknown, unknown, unknown, unknown>

const ALL: readonly Optimization[] = [
  'reuse.ktable.source.topics',
  'merge.repartition.topics',
  'single.store.self.join',
]

/** @throws TypeError for an optimisation that there is not */
export function optimizationsOf({
  optimization = 'none',
}: BuildOptions): ReadonlySet<Optimization> {
  if (optimization === 'none') return new Set()
  if (optimization === 'all') return new Set(ALL)
  const unknown = optimization.filter((one) => !ALL.includes(one))
  if (unknown.length > 0 || typeof optimization === 'string') {
    throw new TypeError(
      `no optimization '${String(optimization)}'; there are: none, all, ${ALL.join(', ')}`,
    )
  }
  return new Set(optimization)
}
