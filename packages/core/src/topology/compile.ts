import { Assembly } from './assembly.ts'
import { type BuildOptions, optimizationsOf } from './build-options.ts'
import { announceMoved, takeOutDirectSinks, writeExternalSink } from './external-sinks.ts'
import { finishTopology } from './finish-topology.ts'
import { generatedNameProblems } from './generated-names.ts'
import { mergeSources } from './merge-sources.ts'
import { aboveNullKeyJoins } from './null-key-joins.ts'
import { mergeRepartitions } from './merge-repartitions.ts'
import type { Plan } from './plan.ts'
import { PlanGraph } from './plan-graph.ts'
import { useOneStoreForSelfJoins } from './self-joins.ts'
import { TableResolution } from './table-resolution.ts'
import type { Topology } from './topology-node.ts'
import { writePlanNode, type WriteTarget } from './write-plan.ts'

const NOTHING_REPLACED: ReturnType<typeof mergeRepartitions> = new Map()

/**
 * Makes the physical topology of a plan.
 *
 * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its operator.
 */
export function compile(plan: Plan, options: BuildOptions = {}): Topology {
  const optimizations = optimizationsOf(options)
  const planned = plan.nodes()
  const tables = new TableResolution(planned)
  const assembly = new Assembly({}, { wrap: options.processorWrapper })
  const graph = new PlanGraph(planned)

  const mergedSources = mergeSources(graph, assembly.problems)
  const direct = takeOutDirectSinks(graph)
  for (const node of direct.moved) announceMoved(node, assembly)
  const replacedSources = optimizations.has('merge.repartition.topics')
    ? mergeRepartitions(graph, plan.firstAppended(), options)
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

  for (const node of planned) {
    if (node.kind === 'external-sink') writeExternalSink(node, direct.chains.get(node), target)
  }

  for (const group of plan.copartitioned) {
    assembly.copartitioned.push(
      group.flatMap((source) => [
        ...(replacedSources.get(source) ?? [mergedSources.get(source) ?? source]),
      ]),
    )
  }
  return finishTopology(assembly, (parts) =>
    options.ensureExplicitInternalNames === true ? generatedNameProblems(parts, plan) : [],
  )
}
