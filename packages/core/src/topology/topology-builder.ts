import type { ProcessorSupplier } from '../processor/processor.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { Assembly } from './assembly.ts'
import type { BuildOptions } from './build-options.ts'
import { consumed, type ConsumedOptions } from './consumed-options.ts'
import { finishTopology, partsOf } from './finish-topology.ts'
import type { StreamPartitioner, TopicNameExtractor, Topology } from './topology-node.ts'

/** A node that was added, by its name and the types of what it forwards. */
export interface NodeHandle<out K, out V> {
  readonly name: string
  /** Tells the compiler the types; there is nothing here at run time. */
  readonly forwards?: StreamRecord<K, V>
}

/** A node above: what `add…` returned, or its name, whose types nobody checks. */
export type ParentNode<K, V> = NodeHandle<K, V> | string

/** Options of {@link TopologyBuilder.addProcessor}. */
export interface AddProcessorOptions<K, V> {
  /** At least one. */
  readonly parents: readonly ParentNode<K, V>[]
  /** Stores that it reads or writes: builders, or names of stores that are added here or in what is gone on from. */
  readonly stores?: readonly (StoreBuilder | string)[]
}

/** Options of {@link TopologyBuilder.addSink}. */
export interface AddSinkOptions<K, V> {
  /** At least one. */
  readonly parents: readonly ParentNode<K, V>[]
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** @defaultValue Kafka's default: the hash of the key's bytes */
  readonly partitioner?: StreamPartitioner<K, V>
}

/** Options of {@link TopologyBuilder.addGlobalStore} and {@link TopologyBuilder.addReadOnlyStateStore}. */
export interface AddTopicStoreOptions<K, V> extends Pick<
  ConsumedOptions<K, V>,
  'key' | 'value' | 'timestampExtractor'
> {
  /** Names the source. */
  readonly source: string
  /** Read from its beginning. */
  readonly topic: string
  /** Names the processor that writes to the store. */
  readonly name: string
  readonly processor: ProcessorSupplier<K, V, never, never>
}

/**
 * A topology that is put together node by node, alone or on top of what the DSL has built (Kafka Streams:
 * `Topology`).
 *
 * `new TopologyBuilder(streams.build())` goes on from a topology; that stays as it is. Nodes are named by the user;
 * those of the DSL have the names that `describe()` prints. Parents come before their children. Rules are those of
 * Kafka Streams' `InternalTopologyBuilder`, and `build()` tells of every breach at once.
 */
export class TopologyBuilder {
  readonly #base: Topology | undefined
  readonly #steps: ((assembly: Assembly) => void)[] = []

  constructor(base?: Topology) {
    if (base !== undefined) partsOf(base)
    this.#base = base
  }

  /** Reads one or more topics, or all whose whole name matches a pattern. A topic has one source. */
  addSource<K, V>(
    name: string,
    topics: string | readonly string[] | RegExp,
    options: ConsumedOptions<K, V>,
  ): NodeHandle<K, V> {
    const source = { name, topics: topicsOf(topics), ...consumed(options) }
    this.#steps.push((assembly) => {
      assembly.addSource(source)
    })
    return { name }
  }

  /** Runs a processor on what its parents forward. */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
    { parents, stores = [] }: AddProcessorOptions<KIn, VIn>,
  ): NodeHandle<KOut, VOut> {
    const processor = {
      name,
      parents: parents.map(nameOf),
      // It is given records of its parents only.
      supplier: supplier as ProcessorSupplier<never, never, unknown, unknown> as ProcessorSupplier<
        unknown,
        unknown,
        unknown,
        unknown
      >,
    }
    this.#steps.push((assembly) => {
      assembly.addProcessor(processor)
      for (const store of stores) connect(assembly, name, store)
    })
    return { name }
  }

  /** Writes what its parents forward to a topic, or each record to the topic that the function names. */
  addSink<K, V>(
    name: string,
    topic: string | TopicNameExtractor<K, V>,
    options: AddSinkOptions<K, V>,
  ): NodeHandle<never, never> {
    const { parents, key, value, partitioner } = options
    const sink = {
      name,
      parents: parents.map(nameOf),
      topic: topic as string | TopicNameExtractor, // gets records of its parents only
      keySerde: key,
      valueSerde: value,
      partitioner: partitioner as StreamPartitioner | undefined, // as above
    }
    this.#steps.push((assembly) => {
      assembly.addSink(sink)
    })
    return { name }
  }

  /** Adds a store, and connects it to the processors, if any are given. */
  addStateStore(store: StoreBuilder, ...processors: readonly ParentNode<unknown, unknown>[]): this {
    const names = processors.map(nameOf)
    this.#steps.push((assembly) => {
      assembly.addStore(store.name, store)
      for (const processor of names) assembly.connect(processor, store.name)
    })
    return this
  }

  /**
   * A topic that every member reads whole, in a store that every processor can read, with `getStateStore`, and none
   * but `options.processor` can write to. See `StreamsBuilder.addGlobalStore`.
   */
  addGlobalStore<K, V>(store: StoreBuilder, options: AddTopicStoreOptions<K, V>): this {
    const parts = topicStore({ ...store, logging: false }, options)
    this.#steps.push((assembly) => {
      assembly.addGlobalStore(parts)
    })
    return this
  }

  /**
   * A topic in a store whose changelog it is; connect the processors that read it. `options.processor` stores keys
   * and values as they are. See `StreamsBuilder.addReadOnlyStateStore` (KIP-813).
   */
  addReadOnlyStateStore<K, V>(store: StoreBuilder, options: AddTopicStoreOptions<K, V>): this {
    const parts = topicStore(store, options)
    this.#steps.push((assembly) => {
      assembly.addReadOnlyStore(parts)
    })
    return this
  }

  /** Lets a processor use stores; processors that share one are in one sub-topology. */
  connectProcessorAndStateStores(
    processor: ParentNode<unknown, unknown>,
    ...stores: readonly (StoreBuilder | string)[]
  ): this {
    const name = nameOf(processor)
    this.#steps.push((assembly) => {
      if (stores.length === 0) assembly.problems.push(`${name}: there is no store to connect`)
      for (const store of stores) connect(assembly, name, store)
    })
    return this
  }

  /**
   * The topology of everything added so far. Later calls on the builder do not change it.
   *
   * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its node: names twice, parents
   * that are not there, topics read twice, unknown stores…
   */
  build({ processorWrapper: wrap }: Pick<BuildOptions, 'processorWrapper'> = {}): Topology {
    const base = this.#base === undefined ? {} : partsOf(this.#base)
    const assembly = new Assembly(base, { names: 'any', wrap })
    for (const step of this.#steps) step(assembly)
    return finishTopology(assembly)
  }
}

function topicStore<K, V>(
  store: StoreBuilder,
  options: AddTopicStoreOptions<K, V>,
): Parameters<Assembly['addGlobalStore']>[0] {
  const { source, topic, name, processor } = options
  return {
    name,
    source: {
      name: source,
      topics: [topic],
      ...consumed({ ...options, autoOffsetReset: 'earliest' }),
    },
    supplier: processor,
    store,
  }
}

function connect(assembly: Assembly, processor: string, store: StoreBuilder | string): void {
  if (typeof store !== 'string') assembly.addStore(processor, store)
  assembly.connect(processor, typeof store === 'string' ? store : store.name)
}

function nameOf(node: ParentNode<unknown, unknown>): string {
  return typeof node === 'string' ? node : node.name
}

/** A copy: the caller's list may change later. */
function topicsOf(topics: string | readonly string[] | RegExp): readonly string[] | RegExp {
  if (topics instanceof RegExp) return topics
  return Object.freeze(typeof topics === 'string' ? [topics] : [...topics])
}
