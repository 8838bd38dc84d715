import type { ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl, NamedOptions, TableState } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { toStream } from './operators/to-stream.ts'

/**
 * A table: the latest value of each key, as changes arrive (Kafka Streams: `KTable`).
 *
 * Immutable: an operator appends to the plan of the `StreamsBuilder` and returns a new table.
 */
export class KTable<K, V> {
  readonly #dsl: Dsl
  readonly #state: TableState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: TableState<K, V>) {
    this.#dsl = dsl
    this.#state = state
  }

  /** The store that can be queried; undefined when the user named none. */
  get queryableStoreName(): string | undefined {
    return this.#state.queryableStoreName
  }

  /** The changes as a stream: the new value of each, null where a row was deleted, whatever `V` says. */
  toStream(options: NamedOptions = {}): KStream<K, V> {
    const { plan } = this.#dsl
    const { key, value, sources } = this.#state
    const node = plan.append<ProcessorPlan>({
      kind: 'processor',
      name: plan.nameOr(options.name, 'KTABLE-TOSTREAM-'),
      parents: [this.#state.node],
      operator: () => toStream(),
      stores: [],
      uses: [],
      table: undefined,
      changes: 'nothing',
    })
    return this.#dsl.stream({ node, key, value, needsRepartition: false, sources })
  }
}
