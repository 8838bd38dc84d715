import type { Serde } from '../serde/serde.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { Plan } from '../topology/plan.ts'
import type { PlanNode, RepartitionPlan } from '../topology/plan-node.ts'
import type { StreamPartitioner } from '../topology/topology-node.ts'

const SUFFIX = '-repartition'

/** What Kafka Streams takes for a name that it generated itself (a Java `matches`: the whole of it). */
const GENERATED = /^KSTREAM.*-[0-9]{10}$/

export interface RepartitionParts {
  readonly parent: PlanNode
  /** The topic's name without application id and suffix. */
  readonly prefix: string
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly partitions?: number | undefined
  readonly partitioner?: StreamPartitioner | undefined
  readonly optimizable: boolean
}

/**
 * Describes a repartition of a stream. Uses up three numbers, for the sink, the filter and the
 * source, named or not (Kafka Streams: `createRepartitionedSource`).
 */
export function repartitionOf(plan: Plan, parts: RepartitionParts): RepartitionPlan {
  const { prefix } = parts
  const topic = prefix.endsWith(SUFFIX) ? prefix : prefix + SUFFIX
  const sink = plan.newName('KSTREAM-SINK-')
  const filter = plan.newName('KSTREAM-FILTER-')
  const source = plan.newName('KSTREAM-SOURCE-')
  const isGenerated = GENERATED.test(prefix)
  const sourceName = isGenerated ? source : `${topic}-source`
  return {
    kind: 'repartition',
    name: sourceName,
    parents: [parts.parent],
    topic,
    filterName: isGenerated ? filter : `${topic}-filter`,
    sinkName: isGenerated ? sink : `${topic}-sink`,
    sourceName,
    keySerde: parts.key ?? missingSerde,
    valueSerde: parts.value ?? missingSerde,
    partitions: parts.partitions,
    partitioner: parts.partitioner,
    optimizable: parts.optimizable,
  }
}
