import type { Serde } from '../serde/serde.ts'
import type { Plan } from '../topology/plan.ts'
import type { PlanNode, TablePlan } from '../topology/plan-node.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'

/** What every DSL object holds: the plan it appends to, and how its results are made. */
export interface Dsl {
  readonly plan: Plan
  readonly defaults: DefaultSerdes
  stream<K, V>(state: StreamState<K, V>): KStream<K, V>
  table<K, V>(state: TableState<K, V>): KTable<K, V>
}

/** Serdes for keys and values that are given none. */
export interface DefaultSerdes {
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
}

/** The serde that is given, or else the default one. */
export function serdeOf<T>(
  dsl: Dsl,
  side: keyof DefaultSerdes,
  given: Serde<T> | undefined,
): Serde<T> | undefined {
  // The user says that the default can do whatever is given no serde of its own.
  return given ?? (dsl.defaults[side] as Serde<T> | undefined)
}

export interface StreamState<K, V> {
  /** The plan node whose output this is. */
  readonly node: PlanNode
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  /** True when records may not be in the partition of their key any more. */
  readonly needsRepartition: boolean
  /** Names of the source nodes that feed it: what a join has to be co-partitioned with. */
  readonly sources: ReadonlySet<string>
}

export interface TableState<K, V> {
  readonly node: TablePlan
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  readonly sources: ReadonlySet<string>
  /** Only a store that the user named can be queried. */
  readonly queryableStoreName: string | undefined
}

/** Names the operator; without it Kafka Streams' generated name is used. */
export interface NamedOptions {
  readonly name?: string
}

/** Serdes for what follows; each is inherited where its type does not change. */
export interface SerdeOptions<K, V> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}
