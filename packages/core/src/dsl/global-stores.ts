import type { ProcessorSupplier } from '../processor/processor.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { TimestampedKeyValueStore } from '../state/key-value-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { SourcePlan } from '../topology/plan-node.ts'
import type { Dsl } from './dsl.ts'
import type { GlobalTableState } from './global-ktable.ts'
import { tableSource } from './operators/table-source.ts'
import { consumed } from '../topology/consumed-options.ts'
import type { SourceOptions } from './source-options.ts'
import { latestRows } from './store-options.ts'

type ReadWholeOptions<K, V> = Pick<
  SourceOptions<K, V>,
  'name' | 'key' | 'value' | 'timestampExtractor'
>

/** Options of `StreamsBuilder.globalTable` (Kafka Streams: `Consumed` and `Materialized`). It is read from the beginning. */
export interface GlobalTableOptions<K, V> extends ReadWholeOptions<K, V> {
  /** The store's name. Makes the table queryable. */
  readonly store?: string
}

/** Options of `StreamsBuilder.addGlobalStore`. The topic is read from the beginning. */
export interface GlobalStoreOptions<K, V> extends ReadWholeOptions<K, V> {
  /**
   * Writes the records to the store, in one instance a member. It is asked for every record once, also
   * when the store is filled; what it forwards goes nowhere, and it cannot schedule punctuations.
   */
  readonly processor: ProcessorSupplier<K, V, never, never>
}

/** `StreamsBuilder.globalTable`: numbers are used up for the store, the source and the operator. */
export function globalTable<K, V>(
  dsl: Dsl,
  topic: string,
  options: GlobalTableOptions<K, V>,
): GlobalTableState<K, V> {
  const { key, value, store: named } = options
  const name = named ?? dsl.plan.newStoreName(`${topic}-`)
  const builder = latestRows<K, V>(name, { key, value, logging: false }, false)
  const supplier = tableSource<K, V>({ store: builder, sendOldValues: false })
  appendGlobalStore(dsl, { topic, builder, supplier, options })
  return { rows: rowsOf(builder), queryableStoreName: named }
}

/** `StreamsBuilder.addGlobalStore`. */
export function addGlobalStore<K, V>(
  dsl: Dsl,
  store: StoreBuilder,
  topic: string,
  options: GlobalStoreOptions<K, V>,
): void {
  const builder = { ...store, logging: false }
  appendGlobalStore(dsl, { topic, builder, supplier: options.processor, options })
}

interface GlobalStoreParts {
  readonly topic: string
  readonly builder: StoreBuilder
  readonly supplier: ProcessorSupplier<never, never, unknown, unknown>
  readonly options: SourceOptions<unknown, unknown>
}

function appendGlobalStore({ plan }: Dsl, parts: GlobalStoreParts): void {
  const { topic, builder, supplier, options } = parts
  const generated = plan.newName('KSTREAM-SOURCE-')
  const source: Omit<SourcePlan, 'kind' | 'parents'> = {
    name: options.name === undefined ? generated : `${options.name}-source`,
    topics: [topic],
    ...consumed(options),
  }
  plan.append({
    kind: 'global-store',
    name: plan.nameOr(options.name, 'KTABLE-SOURCE-'),
    parents: [],
    source,
    supplier,
    store: builder,
  })
}

function rowsOf<K, V>(
  builder: StoreBuilder<TimestampedKeyValueStore<K, V>>,
): ValueGetterSupplier<K, V> {
  return { storeNames: [], create: (context) => context.getStateStore(builder) }
}
