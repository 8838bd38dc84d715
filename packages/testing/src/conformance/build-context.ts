import {
  type CogroupedKStream,
  type GlobalKTable,
  type KGroupedStream,
  type KStream,
  type KTable,
  stores,
  type StoreBuilder,
  type StreamsBuilder,
  type VersionedHistory,
} from '@millrace/core'
import { ScenarioError } from './fields.ts'
import type { Grouping } from './grouping.ts'
import type { TextStore } from './processors.ts'
import type { Materialized, NodeOf, ScenarioNode, SerdeName } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

/** What the id of a node stands for, with the serde of its values. */
export type Built = { readonly serde: SerdeName } & (
  | { readonly kind: 'stream'; readonly stream: KStream<unknown, unknown> }
  | {
      readonly kind: 'table'
      readonly table: KTable<unknown, unknown>
      /** True: its keys are windowed. */
      readonly windowed: boolean
    }
  | {
      readonly kind: 'grouped stream'
      readonly grouped: KGroupedStream<unknown, unknown>
      readonly grouping: Grouping
    }
  | { readonly kind: 'grouped table'; readonly grouping: Grouping }
  | {
      readonly kind: 'cogrouped stream'
      readonly cogrouped: CogroupedKStream<unknown, unknown>
      readonly grouping: Grouping
    }
  | { readonly kind: 'global table'; readonly global: GlobalKTable<unknown, unknown> }
  | { readonly kind: 'windowed stream'; readonly grouping: Grouping }
)

/** Operators by name: what a node of each adds to the topology. One file a family of operators. */
export type OperatorFamily<Ops extends ScenarioNode['op']> = {
  readonly [O in Ops]: (build: BuildContext, node: NodeOf<O>) => void
}

/** A topology under construction. */
export class BuildContext {
  readonly scenario: string
  readonly builder: StreamsBuilder
  /** Topics that are read or written, with the serde of their values. */
  readonly inputs: Map<string, SerdeName> = new Map()
  readonly outputs: Map<string, SerdeName> = new Map()
  readonly #nodes = new Map<string, Built>()
  readonly #textStores = new Map<string, StoreBuilder<TextStore>>()

  constructor(scenario: string, builder: StreamsBuilder) {
    this.scenario = scenario
    this.builder = builder
  }

  add(id: string, built: Built): void {
    if (this.#nodes.has(id)) throw new ScenarioError(this.scenario, `the id ${id} is there twice`)
    this.#nodes.set(id, built)
  }

  node(id: string): Built {
    const built = this.#nodes.get(id)
    if (built === undefined) throw new ScenarioError(this.scenario, `there is no node ${id}`)
    return built
  }

  stream(id: string): KStream<unknown, unknown> {
    const built = this.node(id)
    if (built.kind === 'stream') return built.stream
    throw new ScenarioError(this.scenario, `${id} is a ${built.kind}, not a stream`)
  }

  table(id: string): Extract<Built, { readonly kind: 'table' }> {
    const built = this.node(id)
    if (built.kind === 'table') return built
    throw new ScenarioError(this.scenario, `${id} is a ${built.kind}, not a table`)
  }

  /** The error of a node whose input is of the wrong kind. */
  misplaced(node: { readonly op: string; readonly id: string }, from: Built): ScenarioError {
    const { op, id } = node
    return new ScenarioError(this.scenario, `${id}: no ${op} of this form on a ${from.kind}`)
  }

  /** The store of a processor; the same object for the same name. */
  textStore(name: string): StoreBuilder<TextStore> {
    const known = this.#textStores.get(name)
    if (known !== undefined) return known
    const store = stores.keyValue(name, { key: keySerde, value: valueSerdes.string })
    this.#textStores.set(name, store)
    return store
  }
}

/** How an operator says that its table is stored: with serdes, and under a name if there is one. */
export function storedAs(
  {
    store,
    versionedMs,
  }: Pick<Materialized, 'store'> & { readonly versionedMs?: number | undefined },
  serde: SerdeName,
): {
  readonly key: typeof keySerde
  readonly value: typeof keySerde
  readonly store?: string
  readonly versioned?: VersionedHistory
} {
  return {
    key: keySerde,
    value: valueSerdes[serde],
    ...(store === undefined ? {} : { store }),
    ...(versionedMs === undefined
      ? {}
      : { versioned: { history: versionedMs, deletionsInPlace: 'forgotten' } }),
  }
}

/** The same for a count, which has its serde. */
export function countedAs(
  node: Parameters<typeof storedAs>[0],
): Omit<ReturnType<typeof storedAs>, 'value'> {
  const { key, store, versioned } = storedAs(node, 'long')
  return {
    key,
    ...(store === undefined ? {} : { store }),
    ...(versioned === undefined ? {} : { versioned }),
  }
}
