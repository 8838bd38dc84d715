import type { Aggregator, Reducer } from './aggregators.ts'
import type { Joiner, Mapper, Predicate } from './mappers.ts'

export type SerdeName = 'string' | 'long' | 'integer'

interface Named<O extends string> {
  readonly op: O
  readonly id: string
}

interface From<O extends string> extends Named<O> {
  /** The id of the input. */
  readonly from: string
}

/** How a table is kept. */
export interface Materialized {
  readonly store: string | undefined
  /** The history retention of a versioned store. */
  readonly versionedMs: number | undefined
  /** How long a window store keeps its windows. */
  readonly retentionMs: number | undefined
}

export type WindowSpec =
  | { readonly type: 'tumbling'; readonly sizeMs: number; readonly graceMs: number }
  | {
      readonly type: 'hopping'
      readonly sizeMs: number
      readonly advanceMs: number
      readonly graceMs: number
    }
  | { readonly type: 'sliding'; readonly differenceMs: number; readonly graceMs: number }
  | { readonly type: 'session'; readonly gapMs: number; readonly graceMs: number }
  | { readonly type: 'unlimited'; readonly startMs: number }

export type SourceSpec = Named<'stream'> & {
  readonly topic: string
  readonly serde: SerdeName
  readonly timestampField: number | undefined
}

export type TableSpec = Named<'table'> &
  Materialized & {
    readonly topic: string
    readonly serde: SerdeName
  }

type FilterSpec<O extends 'filter' | 'filterNot'> = From<O> &
  Materialized & { readonly predicate: Predicate }

export type SplitSpec = From<'split'> & {
  readonly branches: readonly { readonly id: string; readonly when: Predicate }[]
  readonly defaultId: string | undefined
}

export type GroupBySpec = From<'groupBy'> & {
  readonly key: Mapper
  readonly value: Mapper | undefined
}

export type ReduceSpec = From<'reduce'> &
  Materialized & {
    readonly reducer: Reducer | undefined
    readonly adder: Reducer | undefined
    readonly subtractor: Reducer | undefined
  }

export type AggregateSpec = From<'aggregate'> &
  Materialized & {
    readonly init: string
    readonly aggregator: Aggregator | undefined
    readonly adder: Aggregator | undefined
    readonly subtractor: Aggregator | undefined
  }

export type ProcessSpec = From<'process'> & {
  readonly fn:
    | 'punctuate-stream'
    | 'punctuate-wall'
    | 'dedup'
    | 'previous'
    | 'as-of'
    | 'stream-time'
    | 'twice'
    | 'add-header'
  readonly store: string | undefined
  readonly intervalMs: number | undefined
  readonly header: readonly [name: string, value: string] | undefined
}

interface Join {
  readonly with: string
  readonly joiner: Joiner
}

export type JoinStreamsSpec = From<'joinStreams'> &
  Join & {
    readonly type: 'inner' | 'left' | 'outer'
    readonly beforeMs: number
    readonly afterMs: number
    readonly graceMs: number | undefined
  }

export type SuppressSpec = From<'suppress'> & {
  readonly until: 'windowCloses' | 'timeLimit'
  readonly limitMs: number | undefined
  readonly maxRecords: number | undefined
  readonly full: 'emitEarly' | 'shutDown' | undefined
}

/** One operator of a scenario, with its functions. */
export type ScenarioNode =
  | SourceSpec
  | TableSpec
  | (Named<'globalTable'> & { readonly topic: string; readonly serde: SerdeName })
  | FilterSpec<'filter'>
  | FilterSpec<'filterNot'>
  | (From<'mapValues'> & Materialized & { readonly value: Mapper })
  | (From<'map'> & { readonly key: Mapper; readonly value: Mapper })
  | (From<'selectKey'> & { readonly key: Mapper })
  | (From<'flatMapValues'> & { readonly split: string })
  | (From<'flatMap'> & { readonly split: string; readonly key: Mapper; readonly value: Mapper })
  | (Named<'merge'> & { readonly from: readonly string[] })
  | SplitSpec
  | From<'repartition'>
  | From<'toStream'>
  | From<'groupByKey'>
  | (From<'toTable'> & Materialized)
  | GroupBySpec
  | (Named<'cogroup'> & {
      readonly from: readonly string[]
      readonly aggregators: readonly Aggregator[]
    })
  | (From<'windowedBy'> & {
      readonly window: WindowSpec
      readonly emit: 'onWindowUpdate' | 'onWindowClose'
    })
  | (From<'count'> & Materialized)
  | ReduceSpec
  | AggregateSpec
  | SuppressSpec
  | JoinStreamsSpec
  | (From<'joinTable'> &
      Join & { readonly type: 'inner' | 'left'; readonly graceMs: number | undefined })
  | (From<'joinGlobal'> & Join & { readonly type: 'inner' | 'left'; readonly key: Mapper })
  | (From<'joinTables'> & Join & Materialized & { readonly type: 'inner' | 'left' | 'outer' })
  | (From<'joinForeignKey'> &
      Join &
      Materialized & { readonly type: 'inner' | 'left'; readonly foreignKey: Mapper })
  | ProcessSpec
  | { readonly op: 'to'; readonly from: string; readonly topic: string }

/** The nodes of some operators. */
export type NodeOf<O extends ScenarioNode['op']> = Extract<ScenarioNode, { readonly op: O }>
