import {
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  stores,
  type StoreBuilder,
  type StreamsBuilder,
} from '@millrace/core'
import { ScenarioError } from './fields.ts'
import type { TextStore } from './processors.ts'
import type { SerdeName } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

/** What the id of a node stands for, with the serde of its values. */
export type Built = { readonly serde: SerdeName } & (
  | { readonly kind: 'stream'; readonly stream: KStream<unknown, unknown> }
  | { readonly kind: 'table'; readonly table: KTable<unknown, unknown> }
  | { readonly kind: 'grouped stream'; readonly grouped: KGroupedStream<unknown, unknown> }
  | { readonly kind: 'grouped table'; readonly grouped: KGroupedTable<unknown, unknown> }
)

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
  store: string | undefined,
  serde: SerdeName,
): {
  readonly key: typeof keySerde
  readonly value: typeof keySerde
  readonly store?: string
} {
  return { key: keySerde, value: valueSerdes[serde], ...(store === undefined ? {} : { store }) }
}
