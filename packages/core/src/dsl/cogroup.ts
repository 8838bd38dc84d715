import { assert } from '../base/assert.ts'
import type { Serde } from '../serde/serde.ts'
import type {
  Operator,
  PlanNode,
  ProcessorPlan,
  RepartitionPlan,
  TableFacet,
  TablePlan,
  TableStore,
} from '../topology/plan-node.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { Dsl } from './dsl.ts'
import type { KTable } from './ktable.ts'
import { passThrough } from './operators/pass-through.ts'
import type { Aggregator } from './operators/stream-aggregate.ts'
import type { StreamGrouping } from './stream-grouping.ts'

/** The generated names of all cogroups begin with it, those of their stores too. */
export const COGROUP_AGGREGATE = 'COGROUPKSTREAM-AGGREGATE-'
const MERGE = 'COGROUPKSTREAM-MERGE-'

type AnyGrouping<K> = StreamGrouping<K, unknown>
type AnyAggregator<K, A> = Aggregator<K, unknown, A>

/** Grouped streams, each with its aggregator, that go into one aggregate (Kafka Streams: `CogroupedStreamAggregateBuilder`). */
export class Cogroup<K, A> {
  readonly dsl: Dsl
  /** In the order in which they were added. */
  readonly #inputs: ReadonlyMap<AnyGrouping<K>, AnyAggregator<K, A>>
  /** Where streams were repartitioned; all tables of one cogroup read the same topics. */
  readonly #repartitioned: Map<AnyGrouping<K>, RepartitionPlan>

  private constructor(
    dsl: Dsl,
    inputs: ReadonlyMap<AnyGrouping<K>, AnyAggregator<K, A>>,
    repartitioned: Map<AnyGrouping<K>, RepartitionPlan>,
  ) {
    this.dsl = dsl
    this.#inputs = inputs
    this.#repartitioned = repartitioned
  }

  static of<K, V, A>(grouping: StreamGrouping<K, V>, add: Aggregator<K, V, A>): Cogroup<K, A> {
    return new Cogroup<K, A>(grouping.dsl, new Map(), new Map()).with(grouping, add)
  }

  /** With another stream; one that is there already gets the other aggregator in its old place. */
  with<V>(grouping: StreamGrouping<K, V>, add: Aggregator<K, V, A>): Cogroup<K, A> {
    assert(grouping.dsl === this.dsl, 'cogroup: the streams belong to different builders')
    // An aggregator is called with the values of its own stream only.
    const inputs = new Map(this.#inputs).set(grouping, add as AnyAggregator<K, A>)
    return new Cogroup(this.dsl, inputs, this.#repartitioned)
  }

  /** The keys' serde of the first stream that has one. */
  get key(): Serde<K> | undefined {
    for (const { state } of this.#inputs.keys()) if (state.key !== undefined) return state.key
    return undefined
  }

  /**
   * The table: an operator for each stream, which share the store, and one that brings their changes together.
   * Numbers are used up for the repartitions, then for the operators.
   */
  table<KR>(parts: CogroupParts<K, KR, A>): KTable<KR, A> {
    const { plan } = this.dsl
    const { name, store, queryableStoreName, key, value } = parts
    const inputs = [...this.#inputs.keys()].map((grouping) => this.#input(grouping, store))
    const sources = new Set(inputs.flatMap((input) => [...input.sources]))
    if (inputs.length > 1) plan.copartition([...sources])

    const aggregates = [...this.#inputs.values()].map((add, i) => {
      const generated = plan.newName(COGROUP_AGGREGATE)
      return plan.append<ProcessorPlan>({
        kind: 'processor',
        name: name === undefined ? generated : `${name}-cogroup-agg-${i}`,
        parents: inputs.slice(i, i + 1).map(({ node }) => node),
        operator: (settings) => parts.operator(add, settings.tableSendsOldValues(table)),
        stores: [],
        keeps: [store],
        uses: [],
        table: undefined,
        changes: 'value',
        ...(parts.graceMs === undefined ? {} : { graceMs: parts.graceMs }),
        ...(parts.windowSpanMs === undefined ? {} : { windowSpanMs: parts.windowSpanMs }),
      })
    })
    const generated = plan.newName(MERGE)
    const table: TablePlan = plan.append<ProcessorPlan & { readonly table: TableFacet }>({
      kind: 'processor',
      name: name === undefined ? generated : `${name}-cogroup-merge`,
      parents: aggregates,
      operator: () => passThrough(),
      stores: [],
      uses: [],
      table: { kind: 'merged', store },
      changes: 'nothing',
    })
    const by = aggregates.map((aggregate) => [aggregate.name])
    tellDropped(this.dsl, parts.options, { node: table, by, key: this.key, sources })
    return this.dsl.table<KR, A>({ node: table, key, value, sources, queryableStoreName })
  }

  /** A repartition uses up its numbers, also where it is there already. */
  #input(grouping: AnyGrouping<K>, store: TableStore): GroupedInput {
    const { node, sources, needsRepartition } = grouping.state
    if (!needsRepartition) return { node, sources }
    const made = grouping.repartition(store.builder.name)
    const repartition = this.#repartitioned.get(grouping) ?? this.dsl.plan.append(made)
    this.#repartitioned.set(grouping, repartition)
    return { node: repartition, sources: new Set([repartition.sourceName]) }
  }
}

interface GroupedInput {
  readonly node: PlanNode
  readonly sources: ReadonlySet<string>
}

/** The table that a cogroup makes; `KR` are its keys, which may be windowed. */
export interface CogroupParts<K, KR, A> {
  readonly options: DroppedOptions<K, unknown>
  /** Of the operators, as a prefix. */
  readonly name: string | undefined
  readonly store: TableStore
  readonly queryableStoreName: string | undefined
  readonly key: Serde<KR> | undefined
  readonly value: Serde<A> | undefined
  /** How long after its end a window is still changed; undefined where there are no windows. */
  readonly graceMs?: number
  readonly windowSpanMs?: number
  readonly operator: (
    add: Aggregator<K, unknown, A>,
    sendOldValues: boolean,
  ) => ReturnType<Operator>
}
