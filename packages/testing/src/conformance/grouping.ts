import type { KTable } from '@millrace/core'
import type { AggregateSpec, NodeOf, ReduceSpec, SerdeName } from './scenario-node.ts'

type AnyTable = KTable<unknown, unknown>

/** What can be aggregated, and the table that each aggregation makes of it. */
export interface Grouping {
  /** Of the values that are grouped. */
  readonly serde: SerdeName
  /** True: the keys of the tables are windowed. */
  readonly windowed: boolean
  readonly count?: (node: NodeOf<'count'>) => AnyTable
  /** Undefined when the node lacks the functions that this grouping needs. */
  readonly reduce?: (node: ReduceSpec) => AnyTable | undefined
  readonly aggregate?: (node: AggregateSpec) => AnyTable | undefined
}
