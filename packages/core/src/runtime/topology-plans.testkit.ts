import { serdes } from '../serde/serdes.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { stores } from '../state/stores.ts'
import type {
  RepartitionTopic,
  SourceNode,
  Subtopology,
  Topology,
} from '../topology/topology-node.ts'

export interface PartOfPlan {
  /** One source node for each: topic names, or a pattern. Its name is `source-<index>`. */
  readonly sources: readonly (readonly string[] | RegExp)[]
  readonly stores?: readonly StoreBuilder[]
  readonly writes?: readonly string[]
  readonly copartitioned?: readonly (readonly string[])[]
}

/** A topology written by hand: what matters to the runtime of where its records come from. */
export function plan(
  parts: readonly PartOfPlan[],
  repartitionTopics: readonly RepartitionTopic[] = [],
): Topology {
  return {
    subtopologies: parts.map(subtopology),
    globalStores: [],
    externalSinks: [],
    repartitionTopics: new Map(repartitionTopics.map((topic) => [topic.name, topic])),
    describe: () => '',
    toMermaid: () => '',
  }
}

/** A repartition topic; without a count it follows what flows into it. */
export function repartition(name: string, partitions?: number): RepartitionTopic {
  return { name, partitions, config: { 'cleanup.policy': 'delete' } }
}

export function keyValue(name: string, logging = true): StoreBuilder {
  return stores.keyValue(name, { key: serdes.string, value: serdes.string, logging })
}

function subtopology(part: PartOfPlan, id: number): Subtopology {
  return {
    id,
    nodes: part.sources.map(source),
    stores: part.stores ?? [],
    sourceChangelogs: [],
    writesInternal: part.writes ?? [],
    copartitioned: part.copartitioned ?? [],
  }
}

function source(topics: readonly string[] | RegExp, index: number): SourceNode {
  return {
    kind: 'source',
    name: `source-${index}`,
    topics,
    keySerde: serdes.string,
    valueSerde: serdes.string,
    timestampExtractor: undefined,
    autoOffsetReset: undefined,
    children: [],
    parents: [],
  }
}
