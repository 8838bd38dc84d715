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

/** The operators that can be built, each family in a file of its own. */
const OPERATORS: OperatorFamily = {
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

/** What adds a node of an operator to the topology; undefined for an operator that the DSL does not have yet. */
export function operatorOf(
  op: ScenarioNode['op'],
): ((build: BuildContext, node: ScenarioNode) => void) | undefined {
  // A node is given to the function of its own `op`, which the table's type says takes it.
  return OPERATORS[op] as ((build: BuildContext, node: ScenarioNode) => void) | undefined
}
