import type { BuildContext, OperatorFamily } from './build-context.ts'
import { aggregationOperators } from './build-aggregation.ts'
import { globalOperators } from './build-global.ts'
import { cogroupOperators } from './build-cogroup.ts'
import { groupingOperators } from './build-grouping.ts'
import { processOperators } from './build-process.ts'
import { streamJoinOperators } from './build-stream-join.ts'
import { streamOperators } from './build-stream.ts'
import { suppressOperators } from './build-suppress.ts'
import { tableOperators } from './build-table.ts'
import { tableJoinOperators } from './build-table-join.ts'
import { tableTableJoinOperators } from './build-table-table-join.ts'
import { windowedOperators } from './build-windowed.ts'
import type { ScenarioNode } from './scenario-node.ts'

/** All operators of the language, each family in a file of its own. */
const OPERATORS: OperatorFamily<ScenarioNode['op']> = {
  ...streamOperators,
  ...processOperators,
  ...tableOperators,
  ...groupingOperators,
  ...cogroupOperators,
  ...aggregationOperators,
  ...suppressOperators,
  ...streamJoinOperators,
  ...windowedOperators,
  ...tableJoinOperators,
  ...globalOperators,
  ...tableTableJoinOperators,
}

/** Adds a node to the topology. */
export function addNode(build: BuildContext, node: ScenarioNode): void {
  // A node is given to the function of its own `op`, which the table's type says takes it.
  const add = OPERATORS[node.op] as (build: BuildContext, node: ScenarioNode) => void
  add(build, node)
}
