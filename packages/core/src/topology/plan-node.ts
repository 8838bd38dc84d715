import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Serde } from '../serde/serde.ts'
import type { SinkRuntimeOptions } from '../sink/sink-options.ts'
import type { Sink } from '../sink/sink.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { StreamPartitioner, TopicNameExtractor } from './topology-node.ts'

/*
 * The logical plan: what the DSL appends, frozen. One plan node can become several physical nodes
 * (a repartition is a filter, a sink and a source), and what a table needs (a store, old values) is
 * known only when the plan is complete. Keys and values are `unknown` here: their types were
 * checked where the DSL made the node.
 */

interface PlanNodeBase {
  /** The operator's name: a user's, or the one that Kafka Streams would generate. */
  readonly name: string
  readonly parents: readonly PlanNode[]
}

/** Topics, as a stream. */
export interface SourcePlan extends PlanNodeBase {
  readonly kind: 'source'
  readonly topics: readonly string[] | RegExp
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor: TimestampExtractor | undefined
  readonly autoOffsetReset: AutoOffsetReset | undefined
  /** How long its partitions are quiet before they are idle; undefined: never. */
  readonly idleMs?: number | undefined
}

/** A topic, as a table: a source and the processor that turns records into changes. */
export interface TableSourcePlan extends PlanNodeBase {
  readonly kind: 'table-source'
  readonly source: Omit<SourcePlan, 'kind' | 'parents'>
  readonly table: TableFacet
  readonly operator: Operator
}

export interface ProcessorPlan extends PlanNodeBase {
  readonly kind: 'processor'
  readonly operator: Operator
  /** Stores of the user, given to `process`; connected to this processor. */
  readonly stores: readonly (StoreBuilder | string)[]
  /** What the operator itself keeps, apart from its table. */
  readonly keeps?: readonly OperatorStore[]
  /** Tables whose serdes it cannot do without. */
  readonly needsSerdesOf?: readonly TableSerdes[]
  /** Tables that it reads or wants changes of. */
  readonly uses: readonly TableUse[]
  /** Present when the result is a table. */
  readonly table: TableFacet | undefined
  /** What repartitions that are merged are not moved over. Of no account where the result is a table. */
  readonly changes: 'nothing' | 'value' | 'key' | 'unknown'
  /**
   * Present for a step that needs nothing of a task, no store, no clock, no transaction: it can run before an external
   * sink instead, or there as well.
   * - `pure`: it is called for its results, so it may be called in two places.
   * - `split`: the same, and it forwards by name: its children go where it goes.
   * - `effects`: it is called for what else it does, so it must not be called in two places.
   */
  readonly stateless?: 'pure' | 'split' | 'effects'
  /** True for `merge`. @defaultValue false */
  readonly isMerge?: boolean
  /** True for a join that has a result for null keys: a repartition above it keeps them (KIP-962). */
  readonly joinsNullKeys?: boolean
  /** Of a join that lets its records wait: how long. The rows that it reads must be versioned, with a history as long. */
  readonly rowsWaitMs?: number
  /**
   * Present for a node that takes what others drop, and nothing that they forward: the names of those others,
   * each with names to take in its place if there is no such operator in the end. Empty: its parents.
   */
  readonly takesDroppedOf?: readonly (readonly string[])[]
  /**
   * Of a windowed aggregation: how long after its end a window is still changed. A session's is longer by the
   * gap, and an unlimited window's is 0 (Kafka Streams: `GracePeriodGraphNode`).
   */
  readonly graceMs?: number
  /** Sinks of other operators that this one forwards to as well, by name only; no part of the description. */
  readonly sinksByName?: readonly string[]
  /** Of a windowed aggregation: by how much the timestamp of a result may be before the end of its window. */
  readonly windowSpanMs?: number
}

/** What is known of the serdes of a table. */
export interface TableSerdes {
  readonly node: TablePlan
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
}

/** A store that an operator makes for itself, with the serdes that it cannot do without. */
export interface OperatorStore {
  readonly builder: StoreBuilder
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** The option of the operator that gives it. @defaultValue 'value' */
  readonly valueOption?: string
}

/** Two streams with the same keys: a processor a side, and one that brings together what they give. */
export interface StreamJoinPlan extends PlanNodeBase {
  readonly kind: 'stream-join'
  /** The plan nodes above the sides, which keep the records; they are written before this one. */
  readonly windowed: { readonly left: ProcessorPlan; readonly right: ProcessorPlan }
  readonly left: StreamJoinSidePlan
  readonly right: StreamJoinSidePlan
  /** Bears the name of the plan node. */
  readonly merge: StreamJoinSidePlan['supplier']
  /**
   * Takes the place of sides and merge, under the name of the plan node, where `windowed.right` has been
   * taken out of the graph: a stream that is joined with itself needs one store only.
   */
  readonly selfJoin: Omit<StreamJoinSidePlan, 'name'>
  /** True for left and outer joins: see {@link ProcessorPlan}. */
  readonly joinsNullKeys: boolean
}

export interface StreamJoinSidePlan {
  readonly name: string
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  readonly stores: readonly StoreBuilder[]
}

/** Two tables with the same keys: a processor a side, and one that brings together what they give. */
export interface TableJoinPlan extends PlanNodeBase {
  readonly kind: 'table-join'
  /** Each reads the rows of the other's table. */
  readonly left: TableJoinSidePlan
  readonly right: TableJoinSidePlan
  /** Bears the name of the plan node. */
  readonly merge: Operator
  readonly uses: readonly TableUse[]
  readonly table: TableFacet
}

export interface TableJoinSidePlan {
  readonly name: string
  readonly table: TablePlan
  readonly operator: Operator
}

/** Records leave through a topic of Millrace's and come back, in the partition of their key. */
export interface RepartitionPlan extends PlanNodeBase {
  readonly kind: 'repartition'
  readonly topic: string
  /** Drops null keys, unless a join below has a use for them; undefined where the upstream already did (grouped tables). */
  readonly filterName: string | undefined
  readonly sinkName: string
  readonly sourceName: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly partitions: number | undefined
  readonly partitioner: StreamPartitioner | undefined
  /** False for a `repartition()` of the user, which stays where it is. */
  readonly optimizable: boolean
}

export interface SinkPlan extends PlanNodeBase {
  readonly kind: 'sink'
  readonly topic: string | TopicNameExtractor
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly partitioner: StreamPartitioner | undefined
}

/** Records leave Kafka: right from the topics that they come from, or from a topic of Millrace's that is written for it. */
export interface ExternalSinkPlan extends PlanNodeBase {
  readonly kind: 'external-sink'
  readonly sink: Sink<unknown, unknown>
  readonly options: SinkRuntimeOptions
  readonly through: 'auto' | 'internal-topic'
  /** Of the internal topic, if there is one. */
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly partitioner: StreamPartitioner | undefined
}

/** A topic that every member reads whole, and the processor that keeps it in a store which all tasks can read. */
export interface GlobalStorePlan extends PlanNodeBase {
  readonly kind: 'global-store'
  readonly source: Omit<SourcePlan, 'kind' | 'parents'>
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  /** It has no changelog: the topic is one. */
  readonly store: StoreBuilder
}

/** A topic, and the processor that keeps it in a store whose changelog it is (KIP-813). */
export interface ReadOnlyStorePlan extends PlanNodeBase {
  readonly kind: 'read-only-store'
  readonly source: Omit<SourcePlan, 'kind' | 'parents' | 'topics'> & {
    readonly topics: readonly string[]
  }
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  readonly store: StoreBuilder
}

/** A store that `addStateStore` announced. */
export interface StorePlan extends PlanNodeBase {
  readonly kind: 'store'
  readonly store: StoreBuilder
}

export type PlanNode =
  | SourcePlan
  | TableSourcePlan
  | GlobalStorePlan
  | ReadOnlyStorePlan
  | ProcessorPlan
  | StreamJoinPlan
  | TableJoinPlan
  | RepartitionPlan
  | SinkPlan
  | ExternalSinkPlan
  | StorePlan

/** A plan node whose result is a table. */
export type TablePlan =
  TableSourcePlan | TableJoinPlan | (ProcessorPlan & { readonly table: TableFacet })

/** The store that a table has, or would have if it is materialised; of any kind that can be read by the table's keys. */
export interface TableStore extends OperatorStore {
  /** Of the store's keys. Those of a windowed table are windowed, and its store's are what is in the windows. */
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Reads the store by the keys of the table. */
  readonly rows: ValueGetterSupplier<unknown, unknown>
  /** True when rows have versions. @defaultValue false */
  readonly isVersioned?: boolean
}

/**
 * What the compiler knows about a table.
 * - `source`: rows come from a stream; stored when the user named a store, or when something downstream needs it.
 * - `aggregate`: always stored.
 * - `merged`: the same, but the store is kept by the operators above, whose changes come together here.
 * - `derived`: stored when the user named a store, else a view of its parent.
 * - `joined`: the same, of two parents; both must send old values where it does, stored or not.
 */
export type TableFacet =
  | { readonly kind: 'source'; readonly store: TableStore; readonly named: boolean }
  | { readonly kind: 'aggregate' | 'merged'; readonly store: TableStore }
  | {
      readonly kind: 'derived'
      readonly store: TableStore | undefined
      readonly parent: TablePlan
      /**
       * Says whether the result counts as versioned, whatever the parent is: a table that is described by store
       * options counts by its store, even where it has none in the end (Kafka Streams: `setOutputVersioned`).
       */
      readonly isVersioned?: boolean | undefined
      /** Makes the getter of the view from the parent's. */
      readonly view: (parent: ValueGetterSupplier<unknown, unknown>) => ViewSupplier
    }
  | {
      readonly kind: 'joined'
      readonly store: TableStore | undefined
      readonly left: TablePlan
      readonly right: TablePlan
      /** Makes the getter of the view from the parents'. */
      readonly view: (left: ViewSupplier, right: ViewSupplier) => ViewSupplier
    }

export type ViewSupplier = ValueGetterSupplier<unknown, unknown>

/** What an operator wants from a table upstream. Order matters, as it does in Kafka Streams. */
export interface TableUse {
  readonly table: TablePlan
  /**
   * `old-values`: changes with old values, so the table is stored.
   * `old-values-if-stored`: the same, but only where that costs no store.
   * `rows`: reads rows by key, so the table, or what it is a view of, is stored.
   */
  readonly wants: 'old-values' | 'old-values-if-stored' | 'rows'
}

/** What the compiler tells an operator when the whole plan is known. */
export interface OperatorSettings {
  /** Of the operator's own table. */
  readonly isStored: boolean
  readonly sendsOldValues: boolean
  getter(table: TablePlan): ValueGetterSupplier<unknown, unknown>
  /** Of another table, which the operator makes a part of. */
  tableSendsOldValues(table: TablePlan): boolean
  /** True when updates of the table may be older than the latest, which is not what most operators are to see. */
  isVersioned(table: TablePlan): boolean
}

export type Operator = (
  settings: OperatorSettings,
) => ProcessorSupplier<unknown, unknown, unknown, unknown>
