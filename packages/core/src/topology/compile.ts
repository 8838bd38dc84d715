import { MillraceError } from '../errors/millrace-error.ts'
import { Assembly, withChildren } from './assembly.ts'
import { describeTopology } from './describe.ts'
import { mergeSources } from './merge-sources.ts'
import { mermaidOf } from './mermaid.ts'
import { aboveNullKeyJoins } from './null-key-joins.ts'
import type { Plan } from './plan.ts'
import { PlanGraph } from './plan-graph.ts'
import { makeSubtopologies } from './subtopologies.ts'
import { TableResolution } from './table-resolution.ts'
import type { Topology } from './topology-node.ts'
import { validateTopology } from './validate.ts'
import { writePlanNode } from './write-plan.ts'

/**
 * Makes the physical topology of a plan.
 *
 * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its operator.
 */
export function compile(plan: Plan): Topology {
  const planned = plan.nodes()
  const tables = new TableResolution(planned)
  const assembly = new Assembly()
  const graph = new PlanGraph(planned)

  mergeSources(graph, assembly.problems)
  // Announced stores come first: Millrace does not ask that they are announced before their use.
  const inOrder = graph.inWriteOrder()
  const storesFirst = [
    ...inOrder.filter((node) => node.kind === 'store'),
    ...inOrder.filter((node) => node.kind !== 'store'),
  ]
  const target = { assembly, tables, aboveNullKeyJoins: aboveNullKeyJoins(graph, inOrder) }
  for (const node of storesFirst) {
    const parents = graph.parents(node).map(({ name }) => name)
    writePlanNode(node, parents, target)
  }

  const nodes = withChildren(assembly.drafts())
  const { repartitionTopics, stores } = assembly
  const { subtopologies, globalStores } = makeSubtopologies(nodes, {
    stores,
    globalStores: assembly.globalStores,
    repartitionTopics,
    copartitioned: plan.copartitioned,
  })
  const problems = [
    ...assembly.problems,
    ...validateTopology({ subtopologies, globalStores }, repartitionTopics),
  ]
  if (problems.length > 0) {
    throw new MillraceError('MR_TOPOLOGY', `Invalid topology: ${problems.join('; ')}`, {
      hint: 'Correct the operators named in the message.',
      at: { problems: problems.length },
    })
  }
  return Object.freeze({
    subtopologies,
    globalStores,
    repartitionTopics,
    describe: () => describeTopology({ subtopologies, globalStores }),
    toMermaid: () => mermaidOf({ subtopologies, globalStores }),
  })
}
