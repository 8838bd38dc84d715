import type { Scenario } from './scenario.ts'
import type { ScenarioNode } from './scenario-node.ts'

/** Operators of the language that the DSL does not have yet. Take one out, and its scenarios run. */
const MISSING: ReadonlySet<ScenarioNode['op']> = new Set<ScenarioNode['op']>([
  'cogroup',
  'globalTable',
  'joinForeignKey',
  'joinGlobal',
  'joinStreams',
  'joinTables',
  'suppress',
  'windowedBy',
])

/** What a scenario needs and the DSL does not have yet, in the order of the scenario; empty when it can run. */
export function missingOperators(scenario: Scenario): readonly string[] {
  const missing = new Set<string>()
  if (scenario.optimization !== 'none') missing.add('optimization')
  for (const node of scenario.nodes) {
    if (MISSING.has(node.op)) missing.add(node.op)
    if (node.op === 'joinTable' && node.graceMs !== undefined) missing.add('grace')
    if ('versionedMs' in node && node.versionedMs !== undefined) missing.add('versioned')
  }
  return [...missing]
}
