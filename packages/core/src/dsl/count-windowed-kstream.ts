import { assert } from '../base/assert.ts'
import { type KeyAndId, keyAndIdSerde } from '../serde/key-and-id-serde.ts'
import { serdes } from '../serde/serdes.ts'
import type { StoreOptions } from '../state/store-builder.ts'
import { stores } from '../state/stores.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { NamedOptions, SerdeOptions } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { countWindow, type CountWindowParts } from './operators/count-window.ts'
import type { StreamGrouping } from './stream-grouping.ts'

/** Windows by count: how many records each has, and how far one begins after the other. */
export interface CountWindows {
  /** Records of a key in a window. */
  readonly size: number
  /**
   * Records of a key from the begin of one window to that of the next: 1 for a result after each record.
   * @defaultValue the size, so that a record is in one window
   */
  readonly advance?: number
}

/** Options of aggregations by windows of records. */
export interface CountWindowOptions<K, V, A>
  extends NamedOptions, StoreOptions, DroppedOptions<K, V> {
  /** Begins the names of the stores: `<store>-counts` and `<store>-values`. */
  readonly store?: string
  /** Of the results, for what follows. */
  readonly value?: SerdeOptions<never, A>['value']
}

export interface CountWindowAggregateOptions<K, V, A> extends CountWindowOptions<K, V, A> {
  /** The aggregate of a window that begins. */
  readonly init: () => A
  /** The aggregate after a value; it is called for each value of a window, the oldest first, when the window is full. */
  readonly add: (key: K, value: V, aggregate: A) => A
}

const PREFIX = 'KSTREAM-COUNTWINDOW-'

/**
 * A stream grouped by its key and cut into windows of so many records each.
 *
 * Aggregations give a stream, not a table: such a window has no place in time that could be part of a key, changes
 * no more once it is full, and there is no end to their number. Each full window is one record under the key as it is,
 * with the largest timestamp of its records and the headers of the last. A window that is not full gives
 * nothing. What "first" and "last" are is the order in which the records come, not that of their times.
 *
 * The values of the last window are kept, so the store grows with the number of keys, and not with time.
 */
export class CountWindowedKStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>
  readonly #size: number
  readonly #advance: number

  /** @internal */
  constructor(grouping: StreamGrouping<K, V>, { size, advance = size }: CountWindows) {
    assert(Number.isSafeInteger(size) && size > 0, `no number of records: ${size}`)
    assert(
      Number.isSafeInteger(advance) && advance > 0 && advance <= size,
      `windows of ${size} records cannot advance by ${advance}`,
    )
    this.#grouping = grouping
    this.#size = size
    this.#advance = advance
  }

  /** `init()`, then `add` for each value of the window, the oldest first. */
  aggregate<A>(options: CountWindowAggregateOptions<K, V, A>): KStream<K, A> {
    const { init, add } = options
    return this.#aggregate(options, (values, key) => {
      let aggregate = init()
      for (const value of values) aggregate = add(key, value, aggregate)
      return aggregate
    })
  }

  /** Combines the values of a window, the oldest first, which is taken as it is. */
  reduce(
    reducer: (before: V, value: V) => V,
    options: CountWindowOptions<K, V, V> = {},
  ): KStream<K, V> {
    const { value = this.#grouping.state.value } = options
    const withValue = value === undefined ? options : { ...options, value }
    return this.#aggregate(withValue, (values) =>
      values.reduce((before, next) => reducer(before, next)),
    )
  }

  #aggregate<A>(
    options: CountWindowOptions<K, V, A>,
    aggregate: CountWindowParts<K, V, A>['aggregate'],
  ): KStream<K, A> {
    const { dsl, state } = this.#grouping
    const { plan } = dsl
    const storeName = options.store ?? plan.newStoreName(PREFIX)
    const name = plan.nameOr(options.name, PREFIX)
    const parent = this.#grouping.input(storeName)
    const keySerde = state.key ?? missingSerde
    const valueSerde = state.value ?? missingSerde
    const { logging = true, topicConfig = {} } = options
    const kept = { logging, topicConfig }
    const counts = stores.keyValue<K, number>(`${storeName}-counts`, {
      ...kept,
      key: keySerde,
      value: serdes.long,
    })
    const values = stores.timestampedKeyValue<KeyAndId<K>, V>(`${storeName}-values`, {
      ...kept,
      key: keyAndIdSerde<K>(keySerde),
      value: valueSerde,
    })
    const parts = { size: this.#size, advance: this.#advance, aggregate, counts, values }
    const node = plan.append<ProcessorPlan>({
      kind: 'processor',
      name,
      parents: [parent.node],
      operator: () => countWindow(parts),
      stores: [],
      keeps: [
        { builder: counts, keySerde, valueSerde: serdes.long },
        { builder: values, keySerde, valueSerde },
      ],
      uses: [],
      table: undefined,
      changes: 'value',
    })
    const { sources } = parent
    tellDropped(dsl, options, { node, key: state.key, sources })
    const { value } = options
    return dsl.stream<K, A>({ node, key: state.key, value, needsRepartition: false, sources })
  }
}
