import type { StoreBuilder } from '../state/store-builder.ts'
import type { ProcessorWrapper } from './build-options.ts'
import { isMissing } from './missing-serde.ts'
import { nameProblem } from './names.ts'
import { matchesTopic } from './topic-pattern.ts'
import type {
  ExternalSink,
  ProcessorNode,
  RepartitionTopic,
  SinkNode,
  SourceChangelog,
  SourceNode,
  TopologyNode,
} from './topology-node.ts'

/** A physical node before its children are known. */
export type NodeDraft =
  Omit<SourceNode, 'children'> | Omit<ProcessorNode, 'children'> | Omit<SinkNode, 'children'>

/** An external sink before it has a number. */
export interface ExternalSinkDraft extends Omit<ExternalSink, 'id' | 'nodes'> {
  readonly nodes: readonly ExternalNodeDraft[]
}

export type ExternalNodeDraft = Omit<SourceNode, 'children'> | Omit<ProcessorNode, 'children'>

/** What an assembly has put together, to go on from. */
export interface AssemblyParts {
  /** Parents before children. */
  readonly nodes: readonly NodeDraft[]
  readonly stores: ReadonlyMap<string, StoreBuilder>
  readonly globalStores: ReadonlyMap<string, StoreBuilder>
  readonly sourceChangelogs: ReadonlyMap<string, SourceChangelog>
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  readonly copartitioned: readonly (readonly string[])[]
  readonly externalSinks: readonly ExternalSinkDraft[]
}

export interface AssemblyOptions {
  /** Of nodes: those that are good for topics, as in the DSL, or any that is not empty. @defaultValue 'of-topics' */
  readonly names?: 'of-topics' | 'any'
  readonly wrap?: ProcessorWrapper | undefined
}

/**
 * Physical nodes while they are put together, in order. Rules of Kafka Streams'
 * `InternalTopologyBuilder`, except that a breach is noted and does not throw: {@link problems}
 * holds all of them.
 */
export class Assembly {
  readonly problems: string[] = []
  readonly stores: Map<string, StoreBuilder>
  readonly repartitionTopics: Map<string, RepartitionTopic>
  /** By the name of their source. */
  readonly globalStores: Map<string, StoreBuilder>
  /** By store. */
  readonly sourceChangelogs: Map<string, SourceChangelog>
  /** Names of sources whose topics must have equal partition counts. */
  readonly copartitioned: (readonly string[])[]
  readonly #externalSinks: ExternalSinkDraft[]
  /** Of external sinks, and of nodes that are only before these. */
  readonly #externalNames = new Set<string>()
  readonly #names: 'of-topics' | 'any'
  readonly #wrap: ProcessorWrapper | undefined
  readonly #drafts = new Map<string, NodeDraft>()
  readonly #connected = new Map<string, Set<string>>()
  readonly #waiting: [processor: string, store: string][] = []
  readonly #sourceOf = new Map<string, string>()

  /**
   * @param base what is there already, and without problems
   */
  constructor(
    base: Partial<AssemblyParts> = {},
    { names = 'of-topics', wrap }: AssemblyOptions = {},
  ) {
    this.#names = names
    this.#wrap = wrap
    this.stores = new Map(base.stores)
    this.repartitionTopics = new Map(base.repartitionTopics)
    this.globalStores = new Map(base.globalStores)
    this.sourceChangelogs = new Map(base.sourceChangelogs)
    this.copartitioned = [...(base.copartitioned ?? [])]
    this.#externalSinks = [...(base.externalSinks ?? [])]
    this.#takeNames(base)
  }

  #takeNames({ nodes = [], externalSinks = [] }: Partial<AssemblyParts>): void {
    for (const draft of nodes) {
      this.#drafts.set(draft.name, draft)
      if (draft.kind === 'processor') this.#connected.set(draft.name, new Set(draft.stores))
      if (draft.kind !== 'source' || draft.topics instanceof RegExp) continue
      for (const topic of draft.topics) this.#sourceOf.set(topic, draft.name)
    }
    for (const { name, nodes: before } of externalSinks) {
      for (const one of [name, ...before.map((node) => node.name)]) this.#externalNames.add(one)
    }
  }

  /** All that was put together; nothing is to be added after it. */
  finish(): AssemblyParts {
    for (const [processor, store] of this.#waiting) {
      if (this.stores.has(store) || this.#isGlobal(store)) this.connect(processor, store)
      else this.problems.push(`${processor}: there is no store '${store}'`)
    }
    const nodes = [...this.#drafts.values()].map((draft) =>
      draft.kind === 'processor' ? { ...draft, stores: this.storesOf(draft.name) } : draft,
    )
    const { stores, globalStores, sourceChangelogs, repartitionTopics, copartitioned } = this
    const externalSinks = this.#externalSinks
    const topics = { repartitionTopics, copartitioned }
    return { nodes, stores, globalStores, sourceChangelogs, ...topics, externalSinks }
  }

  /** True when there is a node of that name. */
  has(name: string): boolean {
    return this.#drafts.has(name)
  }

  storesOf(processor: string): readonly string[] {
    return [...(this.#connected.get(processor) ?? [])]
  }

  addSource(source: Omit<SourceNode, 'kind' | 'parents' | 'children'>): void {
    if (!this.#claimName(source.name)) return
    this.#checkTopics(source)
    this.#drafts.set(source.name, { ...source, kind: 'source', parents: [] })
  }

  /** Stores that come with the supplier are added and connected. */
  addProcessor(
    processor: Pick<
      ProcessorNode,
      'name' | 'parents' | 'supplier' | 'takesDropped' | 'sinksByName'
    >,
  ): void {
    if (!this.#claimName(processor.name)) return
    this.#checkParents(processor)
    const { name, supplier: own } = processor
    const supplier = this.#wrap?.(name, own) ?? own
    this.#drafts.set(name, { ...processor, supplier, kind: 'processor', stores: [] })
    for (const store of new Set([...(own.stores ?? []), ...(supplier.stores ?? [])])) {
      this.addStore(name, store)
      this.connect(name, store.name)
    }
  }

  addSink(sink: Omit<SinkNode, 'kind' | 'children'>): void {
    if (!this.#claimName(sink.name)) return
    this.#checkParents(sink)
    if (typeof sink.topic === 'string') this.#check(sink.name, nameProblem(sink.topic))
    this.#drafts.set(sink.name, { ...sink, kind: 'sink' })
  }

  /** Announces a node that is only before external sinks: its name is taken. */
  announceExternal(node: Pick<ProcessorNode, 'name'> | Pick<SourceNode, 'name' | 'topics'>): void {
    const { name } = node
    if (!this.#claimName(name)) return
    this.#externalNames.add(name)
    if (!('topics' in node) || node.topics instanceof RegExp) return
    if (node.topics.length === 0) this.problems.push(`${name}: reads no topic`)
    for (const topic of node.topics) this.#check(name, nameProblem(topic))
  }

  /**
   * Nodes that are read and run outside of the tasks. Those that tasks run as well keep their names; the others
   * have been announced.
   */
  addExternalSink({ nodes, ...sink }: ExternalSinkDraft): void {
    const { name } = sink
    if (this.#claimName(name)) this.#externalNames.add(name)
    const wrapped = nodes.map((node) =>
      node.kind === 'source' ? node : this.#wrapExternal(node, name),
    )
    this.#externalSinks.push({ ...sink, nodes: wrapped })
  }

  #wrapExternal<N extends Pick<ProcessorNode, 'name' | 'supplier'>>(node: N, sink: string): N {
    const supplier = this.#wrap?.(node.name, node.supplier) ?? node.supplier
    if ((supplier.stores ?? []).length > 0) {
      this.problems.push(
        `${node.name}: the processor wrapper gives it a store, and there are none before the sink '${sink}'; ` +
          "give toSink() the option `through: 'internal-topic'`",
      )
    }
    return { ...node, supplier }
  }

  addRepartitionTopic(operator: string, topic: RepartitionTopic): void {
    this.#check(operator, nameProblem(topic.name))
    const { partitions } = topic
    if (partitions !== undefined && !(Number.isSafeInteger(partitions) && partitions > 0)) {
      this.problems.push(`${operator}: ${String(partitions)} is no number of partitions`)
    }
    this.repartitionTopics.set(topic.name, topic)
  }

  addStore(operator: string, store: StoreBuilder): void {
    if (this.stores.get(store.name) === store) return
    if (this.#claimStore(operator, store.name)) this.stores.set(store.name, store)
  }

  /** A source, the processor below it, and the store of that. */
  addGlobalStore({ name, source, supplier, store }: TopicStoreParts): void {
    this.addSource(source)
    this.addProcessor({ name, parents: [source.name], supplier })
    if (!this.#claimStore(name, store.name)) return
    this.globalStores.set(source.name, store)
    this.#connected.set(name, new Set([store.name]))
  }

  /** The same in the tasks of a sub-topology: the topic is the store's changelog. */
  addReadOnlyStore({ name, source, supplier, store }: TopicStoreParts): void {
    this.addSource(source)
    this.addProcessor({ name, parents: [source.name], supplier })
    this.addStore(name, store)
    this.connect(name, store.name)
    const topics = source.topics instanceof RegExp ? [] : source.topics
    for (const topic of topics) {
      this.connectSource({ store: store.name, source: source.name, topic, serdes: undefined })
    }
  }

  /** Has the store restored from the topic of a source; it writes no changelog. */
  connectSource(changelog: SourceChangelog): void {
    const { store } = changelog
    const known = this.sourceChangelogs.get(store)
    if (known !== undefined) {
      this.problems.push(
        `store '${store}': has the topic '${known.topic}' for its changelog already`,
      )
    } else this.sourceChangelogs.set(store, Object.freeze(changelog))
  }

  /** A store that comes later is connected then; one that never comes is a problem. */
  connect(processor: string, store: string): void {
    if (this.#isGlobal(store)) {
      this.problems.push(
        `${processor}: every processor can read the global store '${store}'; do not connect it`,
      )
      return
    }
    if (!this.stores.has(store)) {
      this.#waiting.push([processor, store])
      return
    }
    if (this.#drafts.get(processor)?.kind !== 'processor') {
      this.problems.push(`store '${store}': there is no processor '${processor}' to connect it to`)
      return
    }
    const connected = this.#connected.get(processor)
    if (connected === undefined) this.#connected.set(processor, new Set([store]))
    else connected.add(store)
  }

  /** `use` says what for, where the operator's name alone does not. */
  checkSerdes(
    operator: string,
    { keySerde, valueSerde }: Pick<SinkNode, 'keySerde' | 'valueSerde'>,
    use = '',
    valueOption = 'value',
  ): void {
    if (isMissing(keySerde)) {
      this.problems.push(`${operator}: no key serde${use}; give the option \`key\``)
    }
    if (isMissing(valueSerde)) {
      this.problems.push(`${operator}: no value serde${use}; give the option \`${valueOption}\``)
    }
  }

  #isGlobal(store: string): boolean {
    return [...this.globalStores.values()].some(({ name }) => name === store)
  }

  #claimStore(operator: string, name: string): boolean {
    this.#check(operator, nameProblem(name))
    if (!this.stores.has(name) && !this.#isGlobal(name)) return true
    this.problems.push(`${operator}: another store already has the name '${name}'`)
    return false
  }

  #claimName(name: string): boolean {
    if (this.#names === 'of-topics' || name === '') this.#check(name, nameProblem(name))
    if (!this.#drafts.has(name) && !this.#externalNames.has(name)) return true
    this.problems.push(`${name}: another operator already has this name`)
    return false
  }

  /** Parents come first, so there is no cycle either. */
  #checkParents({ name, parents }: Pick<ProcessorNode, 'name' | 'parents'>): void {
    if (parents.length === 0) this.problems.push(`${name}: has no parent`)
    for (const parent of parents) {
      const kind = this.#drafts.get(parent)?.kind
      if (kind === undefined)
        this.problems.push(`${name}: there is no parent '${parent}' before it`)
      if (kind === 'sink') this.problems.push(`${name}: the sink '${parent}' forwards nothing`)
    }
  }

  #checkTopics({ name, topics }: SourceLike): void {
    if (topics instanceof RegExp) {
      for (const [topic, source] of this.#sourceOf) {
        if (matchesTopic(topics, topic)) this.#twice(name, topic, source)
      }
    } else {
      if (topics.length === 0) this.problems.push(`${name}: reads no topic`)
      for (const topic of topics) this.#claimTopic(name, topic)
    }
  }

  #claimTopic(name: string, topic: string): void {
    this.#check(name, nameProblem(topic))
    const owner = this.#sourceOf.get(topic) ?? this.#patternSourceOf(topic)
    if (owner !== undefined) this.#twice(name, topic, owner)
    else this.#sourceOf.set(topic, name)
  }

  #patternSourceOf(topic: string): string | undefined {
    for (const draft of this.#drafts.values()) {
      if (draft.kind !== 'source' || !(draft.topics instanceof RegExp)) continue
      if (matchesTopic(draft.topics, topic)) return draft.name
    }
    return undefined
  }

  #twice(name: string, topic: string, owner: string): void {
    this.problems.push(`${name}: topic '${topic}' is already read by ${owner}`)
  }

  #check(operator: string, problem: string | undefined): void {
    if (problem !== undefined) this.problems.push(`${operator}: ${problem}`)
  }
}

interface TopicStoreParts extends Pick<ProcessorNode, 'name' | 'supplier'> {
  readonly source: SourceLike
  readonly store: StoreBuilder
}

type SourceLike = Omit<SourceNode, 'kind' | 'parents' | 'children'>

/** The nodes that forward to each other, with the children of each in order of addition. */
export function withChildren<D extends NodeDraft>(
  drafts: readonly D[],
): readonly (D & Pick<TopologyNode, 'children'>)[] {
  const children = new Map<string, string[]>(drafts.map(({ name }) => [name, []]))
  for (const draft of drafts) {
    for (const parent of draft.parents) children.get(parent)?.push(draft.name)
  }
  return drafts.map((draft) => {
    const node = { ...draft, children: Object.freeze(children.get(draft.name) ?? []) }
    Object.freeze(node)
    return node
  })
}
