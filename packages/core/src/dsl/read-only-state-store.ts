import type { ProcessorSupplier } from '../processor/processor.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { consumed } from '../topology/consumed-options.ts'
import type { ReadOnlyStorePlan } from '../topology/plan-node.ts'
import type { Dsl } from './dsl.ts'
import type { SourceOptions } from './source-options.ts'

/** Options of `StreamsBuilder.addReadOnlyStateStore`. The topic is read from the beginning. */
export interface ReadOnlyStateStoreOptions<K, V> extends Pick<
  SourceOptions<K, V>,
  'name' | 'key' | 'value' | 'timestampExtractor'
> {
  /**
   * Writes the records to the store: their keys and values as they are, because a restore copies them from the
   * topic without asking it. What it forwards goes nowhere.
   */
  readonly processor: ProcessorSupplier<K, V, never, never>
}

/** `StreamsBuilder.addReadOnlyStateStore`: numbers are used up for the source and the operator, as for a global store. */
export function addReadOnlyStateStore<K, V>(
  { plan }: Dsl,
  store: StoreBuilder,
  topic: string,
  options: ReadOnlyStateStoreOptions<K, V>,
): void {
  const { name, processor } = options
  const generated = plan.newName('KSTREAM-SOURCE-')
  const source = {
    name: name === undefined ? generated : `${name}-source`,
    topics: [topic],
    ...consumed({ ...options, autoOffsetReset: 'earliest' }),
  }
  plan.append<ReadOnlyStorePlan>({
    kind: 'read-only-store',
    name: plan.nameOr(name, 'KTABLE-SOURCE-'),
    parents: [],
    source,
    supplier: processor,
    store,
  })
}
