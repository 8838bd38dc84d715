import { operatorOf } from './operators.ts'
import type { Scenario } from './scenario.ts'

/** What a scenario needs and the DSL does not have yet, in the order of the scenario; empty when it can run. */
export function missingOperators(scenario: Scenario): readonly string[] {
  const missing = new Set<string>()
  for (const node of scenario.nodes) {
    if (operatorOf(node.op) === undefined) missing.add(node.op)
  }
  return [...missing]
}
