import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Dsl } from './dsl.ts'

export interface GlobalTableState<K, V> {
  readonly rows: ValueGetterSupplier<K, V>
  readonly queryableStoreName: string | undefined
}

/**
 * A topic as a table that every member has whole: a stream can be joined with it by any key, and without
 * repartitioning (Kafka Streams: `GlobalKTable`).
 *
 * Semantics: a member reads all partitions of the topic before it processes anything, and follows them
 * while it runs. That is not synchronised with other inputs, has no stream time and is in no transaction:
 * a record of the stream sees the rows that its member knows at that moment. After an abort or a restart the
 * same record may see others.
 */
export class GlobalKTable<K, V> {
  readonly #dsl: Dsl
  readonly #state: GlobalTableState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: GlobalTableState<K, V>) {
    this.#dsl = dsl
    this.#state = state
  }

  /** @internal What a join needs of the table. */
  get internals(): { readonly dsl: Dsl; readonly state: GlobalTableState<K, V> } {
    return { dsl: this.#dsl, state: this.#state }
  }

  /** The store that can be queried; undefined when no `store` was named. */
  get queryableStoreName(): string | undefined {
    return this.#state.queryableStoreName
  }
}
