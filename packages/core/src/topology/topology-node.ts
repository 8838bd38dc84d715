import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { RecordContext } from '../record/record-context.ts'
import type { Serde } from '../serde/serde.ts'
import type { SinkRuntimeOptions } from '../sink/sink-options.ts'
import type { Sink } from '../sink/sink.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'

/** Names the topic of each record. The topic must exist. */
export type TopicNameExtractor<K = unknown, V = unknown> = (
  key: K,
  value: V,
  context: RecordContext,
) => string

/** A partition; several, each of which gets the record (KIP-837), or none, which drops it; undefined for the key's hash. */
export type ChosenPartitions = number | readonly number[] | undefined

/**
 * Chooses where each record goes. `topic` has that many partitions; internal ones have the application id in front.
 * A function of the key, if what is written is to be joined or aggregated.
 */
export type StreamPartitioner<K = unknown, V = unknown> = (
  key: K,
  value: V,
  partitions: number,
  topic: string,
) => ChosenPartitions

interface NodeBase {
  /**
   * Unique in the topology, but for what runs before an external sink as well; a user's name, or the one that Kafka
   * Streams would generate.
   */
  readonly name: string
  /** In the order in which they were added, which is the order of forwarding. */
  readonly children: readonly string[]
  readonly parents: readonly string[]
}

/**
 * The serdes of a node are those of its keys and values at run time; the compiler knew their types
 * when the DSL made the node, and the plan does not carry them on.
 */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  /** Names, or a pattern that is matched against the cluster's topics. Internal names are not prefixed yet. */
  readonly topics: readonly string[] | RegExp
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Undefined: the application's default. */
  readonly timestampExtractor: TimestampExtractor | undefined
  readonly autoOffsetReset: AutoOffsetReset | undefined
  /** How long its partitions are quiet before they are idle; undefined: never, or as what is upstream of a repartition topic. */
  readonly idleMs?: number | undefined
}

/** An operator. */
export interface ProcessorNode extends NodeBase {
  readonly kind: 'processor'
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  /** Names of the connected stores. */
  readonly stores: readonly string[]
  /** True: it gets what its parents drop, and nothing of what they forward. */
  readonly takesDropped?: boolean
  /** Sinks of the sub-topology that are no children, and get what is forwarded to them by name. */
  readonly sinksByName?: readonly string[]
}

/** Writes a topic. */
export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly topic: string | TopicNameExtractor
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly partitioner: StreamPartitioner | undefined
}

/** The physical topology: frozen data, no behaviour. The runtime instantiates it once a task. */
export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/** A topic that Millrace creates and owns. `name` has no application id in front yet. */
export interface RepartitionTopic {
  readonly name: string
  /** Undefined: the largest partition count among what flows into it. */
  readonly partitions: number | undefined
  readonly config: Readonly<Record<string, string>>
}

/**
 * A store whose changelog is a topic that the topology reads anyway: it has no other one, and is restored from
 * there, as far as the topic's offset is committed (Kafka Streams: `connectSourceStoreAndTopic`).
 */
export interface SourceChangelog {
  readonly store: string
  /** The source node that reads the topic: its serdes and its time are those of the rows. */
  readonly source: string
  readonly topic: string
  /** Serdes of the store. Undefined: those of the source, so that bytes are kept as they are. */
  readonly serdes: Pick<SinkNode, 'keySerde' | 'valueSerde'> | undefined
}

/** A connected part of the topology: a task is one partition of it. */
export interface Subtopology {
  readonly id: number
  /** Parents before children. */
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly StoreBuilder[]
  /** Of those of its stores that have one. */
  readonly sourceChangelogs: readonly SourceChangelog[]
  /** Repartition topics that its sinks write. */
  readonly writesInternal: readonly string[]
  /** Groups of source topics (or of patterns' source nodes) that must have equal partition counts. */
  readonly copartitioned: readonly (readonly string[])[]
}

/**
 * A topic that every member reads whole, and a store that all of its tasks can read. Nobody's task: each
 * member keeps its own up to date, outside of transactions.
 */
export interface GlobalStore {
  /** Counted together with those of sub-topologies, as in Kafka Streams. */
  readonly id: number
  readonly topic: string
  /** The source, and the processor that writes to the store. */
  readonly nodes: readonly TopologyNode[]
  readonly store: StoreBuilder
}

/**
 * Topics that leave Kafka: read by a consumer group of their own, outside of the application's transactions, one
 * pipeline a partition. What is stateless between the topics and the sink runs in that pipeline.
 */
export interface ExternalSink {
  /** A user's. With the application id and a dash in front it is the sink's consumer group, and its name in the target. */
  readonly name: string
  /** Counted together with sub-topologies and global stores, after all of them. */
  readonly id: number
  /** Sources (by name of topics, never a pattern), and processors without stores and clocks: parents before children. */
  readonly nodes: readonly (SourceNode | ProcessorNode)[]
  /** The nodes whose records go to the sink. */
  readonly parents: readonly string[]
  readonly sink: Sink<unknown, unknown>
  readonly options: SinkRuntimeOptions
}

/**
 * A complete, valid topology: what `StreamsBuilder.build()` gives and `createApp` takes.
 * Frozen; can be given to any number of apps and test drivers.
 */
export interface Topology {
  readonly subtopologies: readonly Subtopology[]
  readonly globalStores: readonly GlobalStore[]
  readonly externalSinks: readonly ExternalSink[]
  /** By name, over all sub-topologies. */
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Kafka Streams' `TopologyDescription` as text. */
  describe(): string
  /** A Mermaid flowchart: sub-topologies, topics, operators, stores. */
  toMermaid(): string
}
