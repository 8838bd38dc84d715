import type { AutoOffsetReset } from '../../base/auto-offset-reset.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { resolveSinkOptions, type SinkConfig } from '../../sink/sink-config.ts'
import type { ExternalSink, Topology } from '../../topology/topology-node.ts'
import { internalNames } from '../resolved-topology.ts'

/** An external sink with its options checked and its names as they are in the cluster. */
export interface ResolvedSink {
  readonly plan: ExternalSink
  readonly config: SinkConfig
  /** Names it in the target; also its consumer group. */
  readonly sinkId: string
  /** What it reads. */
  readonly topics: readonly string[]
  /** Those of its topics whose records are of no use to anybody else, once it has written them. */
  readonly purgeable: ReadonlySet<string>
  readonly resetOf: (topic: string) => AutoOffsetReset
}

/** @throws MillraceError `MR_CONFIG` with every problem of every sink */
export function resolveSinks(topology: Topology, app: AppConfig): readonly ResolvedSink[] {
  const problems: string[] = []
  const sinks: ResolvedSink[] = []
  const names = new Set<string>()
  for (const plan of topology.externalSinks) {
    if (names.has(plan.name)) problems.push(`Two sinks have the name ${plan.name}`)
    names.add(plan.name)
    try {
      const config = resolveSinkOptions(plan.options, plan.name, plan.sink.capabilities)
      sinks.push(resolveSink(plan, config, { topology, app }))
    } catch (error) {
      if (!MillraceError.is(error, 'MR_CONFIG')) throw error
      problems.push(error.message)
    }
  }
  if (problems.length === 0) return sinks
  throw new MillraceError('MR_CONFIG', problems.join('; '), {
    hint: 'Correct the names and options passed to toSink().',
  })
}

function resolveSink(
  plan: ExternalSink,
  config: SinkConfig,
  { topology, app }: { readonly topology: Topology; readonly app: AppConfig },
): ResolvedSink {
  const { topicName } = internalNames(topology, app.applicationId)
  const resets = new Map<string, AutoOffsetReset>()
  for (const [name, reset] of sourceTopics(plan)) {
    // What is in an internal topic was put there by this application: none of it may be skipped.
    const isInternal = topology.repartitionTopics.has(name)
    resets.set(topicName(name), isInternal ? 'earliest' : (reset ?? app.autoOffsetReset))
  }
  return {
    plan,
    config,
    sinkId: `${app.applicationId}-${plan.name}`,
    topics: [...resets.keys()],
    purgeable: new Set([...onlyReadBy(plan, topology)].map(topicName)),
    resetOf: (topic) => resets.get(topic) ?? app.autoOffsetReset,
  }
}

function* sourceTopics({
  nodes,
}: Pick<ExternalSink, 'nodes'>): Iterable<readonly [string, AutoOffsetReset | undefined]> {
  for (const node of nodes) {
    if (node.kind !== 'source' || node.topics instanceof RegExp) continue
    for (const topic of node.topics) yield [topic, node.autoOffsetReset]
  }
}

/** Names of the topics that a sink reads, as they are in the plan. */
export function topicsOfSink(plan: ExternalSink): readonly string[] {
  return [...new Set([...sourceTopics(plan)].map(([topic]) => topic))]
}

function onlyReadBy(plan: ExternalSink, topology: Topology): readonly string[] {
  const others = topology.externalSinks.filter((other) => other !== plan)
  const elsewhere = new Set([
    ...others.flatMap(topicsOfSink),
    ...topology.subtopologies.flatMap(({ nodes }) =>
      nodes.flatMap((node) =>
        node.kind === 'source' && !(node.topics instanceof RegExp) ? node.topics : [],
      ),
    ),
  ])
  return topicsOfSink(plan).filter(
    (topic) => topology.repartitionTopics.has(topic) && !elsewhere.has(topic),
  )
}

/** Topics that sinks name: what they read, dead letters, and what they emit. All but internal ones must exist. */
export function topicsNamedBySinks(topology: Topology): readonly string[] {
  const named = topology.externalSinks.flatMap((plan) => [
    ...topicsOfSink(plan),
    ...(plan.options.deadLetterTopic === undefined ? [] : [plan.options.deadLetterTopic]),
    ...(plan.sink.capabilities.emitsTo ?? []),
  ])
  return [...new Set(named)].filter((topic) => !topology.repartitionTopics.has(topic))
}
