import { assert } from '../base/assert.ts'
import type { Duration } from '../base/duration.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import { deriveTable } from './derive-table.ts'
import type { DroppedOptions } from './dropped-stream.ts'
import type { Dsl, NamedOptions, SerdeOptions, TableState } from './dsl.ts'
import { type ForeignKeyJoinOptions, joinForeignKey } from './join-foreign-key.ts'
import { joinTables, type TableJoinOptions } from './join-tables.ts'
import { KGroupedTable } from './kgrouped-table.ts'
import type { KStream } from './kstream.ts'
import type { Predicate } from './operators/filter.ts'
import type { KeyValueMapper } from './operators/map.ts'
import type { ValueMapper } from './operators/map-values.ts'
import { filterView, tableFilter } from './operators/table-filter.ts'
import { type RowMapper, tableGroupBy } from './operators/table-group-by.ts'
import { mapValuesView, tableMapValues } from './operators/table-map-values.ts'
import type { ValueTransformerSupplier } from './operators/table-transform-values.ts'
import { toStream } from './operators/to-stream.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import type { Suppressed } from './suppressed.ts'
import { type SuppressOptions, suppressTable } from './table-suppress.ts'
import { tableWithTtl, type TableTtlOptions } from './table-ttl.ts'
import type { TableStoreOptions } from './store-options.ts'
import { transformTableValues, type TableTransformOptions } from './transform-table-values.ts'

/** Options of `KTable.groupBy` (Kafka Streams: `Grouped`). */
export interface TableGroupedOptions<K, V> extends NamedOptions, SerdeOptions<K, V> {
  /** Also names the repartition topic: `<application>-<name>-repartition`. */
  readonly name?: string
}

type AnyJoinOptions<K, V, KO, VO, R> = (
  TableJoinOptions<K, R> | ForeignKeyJoinOptions<K, V, KO, R>
) &
  DroppedOptions<K, V | VO>

interface LeftOrInnerJoin<K, V, KO, VO, R> {
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeft: boolean
  readonly options: AnyJoinOptions<K, V, KO, VO, R>
}

/**
 * A table: the latest value of each key, as changes of it arrive (Kafka Streams: `KTable`).
 *
 * Immutable: an operator appends to the plan of the `StreamsBuilder` and returns a new table. The
 * result of `filter`, `mapValues`, `transformValues` and a join by key is a view, computed from what is above
 * whenever its rows are asked for; the option `store` keeps it in a store of its own. Both give the same rows.
 *
 * Timestamps and headers are those of the record that caused the change, unless the operator says another.
 */
export class KTable<K, V> {
  readonly #dsl: Dsl
  readonly #state: TableState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: TableState<K, V>) {
    this.#dsl = dsl
    this.#state = state
  }

  /** @internal What a join needs of the table. */
  get internals(): { readonly dsl: Dsl; readonly state: TableState<K, V> } {
    return { dsl: this.#dsl, state: this.#state }
  }

  /** The store that can be queried; undefined when no `store` was named. */
  get queryableStoreName(): string | undefined {
    return this.#state.queryableStoreName
  }

  /**
   * Keeps the rows that `predicate` holds for; a row that no longer passes is deleted downstream.
   * The predicate is not asked about deleted rows.
   */
  filter(predicate: Predicate<K, V>, options: TableStoreOptions<K, V> = {}): KTable<K, V> {
    return this.#filter(predicate, options)
  }

  /** Drops the rows that `predicate` holds for; otherwise as `filter`. */
  filterNot(predicate: Predicate<K, V>, options: TableStoreOptions<K, V> = {}): KTable<K, V> {
    return this.#filter((key, value) => !predicate(key, value), options)
  }

  /** Another value for each row. The mapper is not asked about deleted rows; its null deletes a row. */
  mapValues<VR>(
    mapper: ValueMapper<K, V, VR>,
    options: TableStoreOptions<K, VR> = {},
  ): KTable<K, VR> {
    return deriveTable<K, V, VR>(this.#dsl, this.#state, {
      prefix: 'KTABLE-MAPVALUES-',
      options,
      value: options.value,
      operator: (store, { sendsOldValues }) =>
        tableMapValues<K, V, VR>({ mapper, store, sendOldValues: sendsOldValues }),
      view: (parent) => mapValuesView(parent, (value, key) => mapper(value as V, key as K)), // rows of this table
    })
  }

  /**
   * Another value for each row, from a transformer that is asked about deleted rows too and may use stores.
   * Unless the result is stored it is a view, which asks again whenever a row is looked up.
   */
  transformValues<VR>(
    supplier: ValueTransformerSupplier<K, V, VR>,
    options: TableTransformOptions<K, VR> = {},
  ): KTable<K, VR> {
    return transformTableValues(this.#dsl, this.#state, supplier, options)
  }

  /**
   * The table without rows that were not updated for `ttl`: each is deleted, with a tombstone downstream and in the
   * changelog. Always stored. The table above keeps its rows, if it has a store of its own. Kafka Streams has no such.
   *
   * The timestamp of a row is the largest of its updates, that of the tombstone the time at which the row was over, or by
   * wall clock stream time. By event time an update that is over already is dropped and counted as `late`.
   *
   * @throws TypeError for a time to live or a check interval of 0
   */
  ttl(ttl: Duration, options: TableTtlOptions<K, V>): KTable<K, V> {
    return tableWithTtl(this.#dsl, this.#state, ttl, options)
  }

  /**
   * Holds changes back: `untilWindowCloses()` gives the final result of each window, `untilTimeLimit()` the last
   * change of a key within a time. What goes on has the timestamp and the headers of the change that was held
   * back. The row that joins see is the one before it.
   *
   * Time is that of the changes which come here: without new ones nothing goes out, whatever the clock says.
   * The buffer is a store with a changelog, and its bounds are those of one task.
   *
   * @throws MillraceError `MR_TOPOLOGY` for `untilWindowCloses` without windows upstream, and for a versioned table
   */
  suppress(suppressed: Suppressed<K>, options: SuppressOptions<K, V> = {}): KTable<K, V> {
    return suppressTable(this.#dsl, this.#state, suppressed, options)
  }

  /**
   * The changes as a stream: the new value of each. A deleted row comes as null, whatever `V` says. A `mapper`
   * gives each change another key, as `selectKey` does.
   */
  toStream<KR>(
    mapper: KeyValueMapper<K, V, KR>,
    options?: NamedOptions & Pick<SerdeOptions<KR, V>, 'key'>,
  ): KStream<KR, V>
  toStream(options?: NamedOptions): KStream<K, V>
  toStream<KR>(
    first: NamedOptions | KeyValueMapper<K, V, KR> = {},
    options: NamedOptions & Pick<SerdeOptions<KR, V>, 'key'> = {},
  ): KStream<K, V> | KStream<KR, V> {
    if (typeof first !== 'function') return this.#toStream(first.name)
    const { key, name } = options
    const mapper = first as KeyValueMapper<K, V, KR> // options are no function
    return this.#toStream(name).selectKey(mapper, key === undefined ? {} : { key })
  }

  /**
   * Groups the rows anew: `mapper` gives the group of a row and what counts there, or null to leave
   * it out. Always repartitions. The table is stored for it, because a change must be taken out of
   * its old group.
   */
  groupBy<KR, VR>(
    mapper: RowMapper<K, V, KR, VR>,
    options: TableGroupedOptions<KR, VR> = {},
  ): KGroupedTable<KR, VR> {
    const { node: table, sources } = this.#state
    const node = this.#append({
      name: this.#dsl.plan.nameOr(options.name, 'KTABLE-SELECT-'),
      operator: (settings) => tableGroupBy({ mapper, isVersioned: settings.isVersioned(table) }),
      uses: [{ table, wants: 'old-values' }],
      table: undefined,
    })
    const { key, value, name } = options
    return new KGroupedTable<KR, VR>(this.#dsl, { node, key, value, sources, name })
  }

  /**
   * The rows of this table that belong to a row of `other`: with `foreignKey` the one whose key that gives, else
   * the one of the same key. Each update of either side gives one of the result, so what lies between two
   * updates is seen. A null from `joiner` deletes the row.
   *
   * By the same key, the topics of both tables must have the same number of partitions; the timestamp of a row
   * is the larger of the two rows', its headers those of the record that updated it.
   *
   * By a foreign key, both sides may have any number of partitions: rows ask for each other over two topics of the
   * application. A row without a foreign key has no result, and is counted as dropped (`null-foreign-key`). The
   * timestamp of a row is the larger of the two rows' when this side was updated, and that of the update
   * when the other side was. Tombstones may come for rows that were never there (Kafka Streams, KIP-213).
   */
  join<KO, VO, R>(
    other: KTable<KO, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO>, R>,
    options: ForeignKeyJoinOptions<K, V, NoInfer<KO>, R> & DroppedOptions<K, V | NoInfer<VO>>,
  ): KTable<K, R>
  join<VO, R>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO>, R>,
    options?: TableJoinOptions<K, R> & DroppedOptions<K, V | NoInfer<VO>>,
  ): KTable<K, R>
  join<KO, VO, R>(
    other: KTable<KO, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO>, R>,
    options: AnyJoinOptions<K, V, KO, VO, R> = {},
  ): KTable<K, R> {
    return this.#join(other, {
      joiner: (left, right, key) => joiner(left, right as VO, key),
      isLeft: false,
      options,
    }) // not null: it is required
  }

  /** All rows of this table, joined with the row of `other` that they belong to, or with null. Otherwise as `join`. */
  leftJoin<KO, VO, R>(
    other: KTable<KO, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO> | null, R>,
    options: ForeignKeyJoinOptions<K, V, NoInfer<KO>, R> & DroppedOptions<K, V | NoInfer<VO>>,
  ): KTable<K, R>
  leftJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO> | null, R>,
    options?: TableJoinOptions<K, R> & DroppedOptions<K, V | NoInfer<VO>>,
  ): KTable<K, R>
  leftJoin<KO, VO, R>(
    other: KTable<KO, VO>,
    joiner: ValueJoiner<K, V, NoInfer<VO> | null, R>,
    options: AnyJoinOptions<K, V, KO, VO, R> = {},
  ): KTable<K, R> {
    return this.#join(other, { joiner, isLeft: true, options })
  }

  /** All rows of both tables; where one side has none the joiner is given null. Otherwise as `join`. */
  outerJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V | null, NoInfer<VO> | null, R>,
    options: TableJoinOptions<K, R> & DroppedOptions<K, V | NoInfer<VO>> = {},
  ): KTable<K, R> {
    assert(other.#dsl === this.#dsl, 'outerJoin: the tables belong to different builders')
    return joinTables<K, V, VO, R>(this.#dsl, this.#state, other.#state, {
      joiner,
      required: { left: false, right: false },
      options,
    })
  }

  #join<KO, VO, R>(
    other: KTable<KO, VO>,
    { joiner, isLeft, options }: LeftOrInnerJoin<K, V, KO, VO, R>,
  ): KTable<K, R> {
    assert(other.#dsl === this.#dsl, 'join: the tables belong to different builders')
    if (options.foreignKey !== undefined) {
      const tables = { left: this.#state, right: other.#state }
      return joinForeignKey(this.#dsl, tables, { joiner, isLeftJoin: isLeft }, options)
    }
    const sameKeys = other.#state as TableState<unknown, VO> as TableState<K, VO> // no foreign key: see the overloads
    return joinTables<K, V, VO, R>(this.#dsl, this.#state, sameKeys, {
      joiner: (left, right, key) => joiner(left as V, right, key), // not null: it is required
      required: { left: true, right: !isLeft },
      options,
    })
  }

  #toStream(named: string | undefined): KStream<K, V> {
    const { key, value, sources } = this.#state
    const name = this.#dsl.plan.nameOr(named, 'KTABLE-TOSTREAM-')
    const node = this.#append({ name, operator: () => toStream(), uses: [], table: undefined })
    return this.#dsl.stream({ node, key, value, needsRepartition: false, sources })
  }

  #filter(keep: Predicate<K, V>, options: TableStoreOptions<K, V>): KTable<K, V> {
    return deriveTable<K, V, V>(this.#dsl, this.#state, {
      prefix: 'KTABLE-FILTER-',
      options,
      value: options.value ?? this.#state.value,
      // Old values keep needless tombstones away, if the table above has them anyway.
      uses: [{ table: this.#state.node, wants: 'old-values-if-stored' }],
      operator: (store, settings) =>
        tableFilter<K, V>({
          keep,
          store,
          sendOldValues: settings.sendsOldValues,
          isVersioned: settings.isVersioned(this.#state.node),
        }),
      view: (parent) => filterView(parent, (key, value) => keep(key as K, value as V)), // rows of this table
    })
  }

  #append<T extends ProcessorPlan['table']>(
    step: Pick<ProcessorPlan, 'name' | 'operator' | 'uses'> & { readonly table: T },
  ): ProcessorPlan & { readonly table: T } {
    return this.#dsl.plan.append<ProcessorPlan & { readonly table: T }>({
      ...step,
      kind: 'processor',
      parents: [this.#state.node],
      stores: [],
      changes: 'nothing',
    })
  }
}
