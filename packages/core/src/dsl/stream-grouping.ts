import type { PlanNode, RepartitionPlan } from '../topology/plan-node.ts'
import { type Dsl, serdeOf, type StreamState } from './dsl.ts'
import { repartitionOf } from './repartition.ts'

/** A stream by its key, as all aggregations of one grouping share it (Kafka Streams: `GroupedStreamAggregateBuilder`). */
export class StreamGrouping<K, V> {
  readonly dsl: Dsl
  readonly state: StreamState<K, V>
  readonly #name: string | undefined

  /** `name`: of the grouping, if the user gave it one. */
  constructor(dsl: Dsl, state: StreamState<K, V>, name: string | undefined) {
    this.dsl = dsl
    const { key, value } = state
    this.state = {
      ...state,
      key: serdeOf(dsl, 'key', key),
      value: serdeOf(dsl, 'value', value),
    }
    this.#name = name
  }

  /** The stream itself, or behind a repartition topic named after the grouping or the store. */
  input(store: string): { readonly node: PlanNode; readonly sources: ReadonlySet<string> } {
    const { plan } = this.dsl
    const { node: parent, needsRepartition, sources } = this.state
    if (!needsRepartition) return { node: parent, sources }
    const made = this.repartition(store)
    const node = this.#name === undefined ? plan.append(made) : plan.appendShared(this, () => made)
    return { node, sources: new Set([node.sourceName]) }
  }

  /** Describes the repartition, which uses up its numbers; the topic is named after the grouping or the store. */
  repartition(store: string): RepartitionPlan {
    const { node: parent, key, value } = this.state
    const prefix = this.#name ?? store
    return repartitionOf(this.dsl.plan, { parent, prefix, key, value, optimizable: true })
  }
}
