import { MillraceError } from '../errors/millrace-error.ts'
import { Assembly, withChildren } from './assembly.ts'
import { type BuildOptions, optimizationsOf } from './build-options.ts'
import { describeTopology } from './describe.ts'
import { mergeSources } from './merge-sources.ts'
import { mermaidOf } from './mermaid.ts'
import { aboveNullKeyJoins } from './null-key-joins.ts'
import { mergeRepartitions } from './merge-repartitions.ts'
import type { Plan } from './plan.ts'
import { PlanGraph } from './plan-graph.ts'
import { useOneStoreForSelfJoins } from './self-joins.ts'
import { makeSubtopologies } from './subtopologies.ts'
import { TableResolution } from './table-resolution.ts'
import type { Topology } from './topology-node.ts'
import { validateTopology } from './validate.ts'
import { writePlanNode, type WriteTarget } from './write-plan.ts'

const NOTHING_REPLACED: ReadonlyMap<string, string> = new Map()

/**
 * Makes the physical topology of a plan.
 *
 * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its operator.
 */
export function compile(plan: Plan, options: BuildOptions = {}): Topology {
  const optimizations = optimizationsOf(options)
  const planned = plan.nodes()
  const tables = new TableResolution(planned)
  const assembly = new Assembly()
  const graph = new PlanGraph(planned)

  const mergedSources = mergeSources(graph, assembly.problems)
  const replacedSources = optimizations.has('merge.repartition.topics')
    ? mergeRepartitions(graph, plan.firstAppended())
    : NOTHING_REPLACED
  if (optimizations.has('single.store.self.join')) useOneStoreForSelfJoins(graph, planned)
  // Announced stores come first: Millrace does not ask that they are announced before their use.
  const inOrder = graph.inWriteOrder()
  const storesFirst = [
    ...inOrder.filter((node) => node.kind === 'store'),
    ...inOrder.filter((node) => node.kind !== 'store'),
  ]
  const target: WriteTarget = {
    assembly,
    tables,
    aboveNullKeyJoins: aboveNullKeyJoins(graph, inOrder),
    reusesSourceTopics: optimizations.has('reuse.ktable.source.topics'),
  }
  for (const node of storesFirst) {
    const parents = graph.parents(node).map(({ name }) => name)
    writePlanNode(node, parents, target)
  }

  const nodes = withChildren(assembly.finish())
  const { repartitionTopics, stores, sourceChangelogs } = assembly
  const { subtopologies, globalStores } = makeSubtopologies(nodes, {
    stores,
    globalStores: assembly.globalStores,
    sourceChangelogs,
    repartitionTopics,
    copartitioned: plan.copartitioned.map((group) =>
      group.map((source) => mergedSources.get(source) ?? replacedSources.get(source) ?? source),
    ),
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
