import type { StoreBuilder } from '../state/store-builder.ts'
import type { ChosenPartitions } from '../topology/topology-node.ts'
import type { NamedOptions, SerdeOptions } from './dsl.ts'

/**
 * A `StreamPartitioner`, compared bivariantly as methods are: streams stay covariant, so that a
 * stream of a subtype goes where its supertype is asked for.
 */
type PartitionerOption<K, V> = {
  partition(key: K, value: V, partitions: number, topic: string): ChosenPartitions
}['partition']

export interface KeyOptions<K> extends NamedOptions {
  /** For what follows: a repartition, a store, a topic. */
  readonly key?: SerdeOptions<K, never>['key']
}

export interface ValueOptions<V> extends NamedOptions {
  /** For what follows: a repartition, a store, a topic. */
  readonly value?: SerdeOptions<never, V>['value']
}

export interface KeyValueOptions<K, V> extends NamedOptions, SerdeOptions<K, V> {}

/** Options of `groupBy` and `groupByKey` (Kafka Streams: `Grouped`). */
export interface GroupedOptions<K, V> extends KeyValueOptions<K, V> {
  /** Also names the repartition topic, if there is one: `<application>-<name>-repartition`. */
  readonly name?: string
}

/** Options of `repartition` (Kafka Streams: `Repartitioned`). */
export interface RepartitionOptions<K, V> extends KeyValueOptions<K, V> {
  /** Names the topic: `<application>-<name>-repartition`. */
  readonly name?: string
  /** @defaultValue the largest count among the topics upstream */
  readonly partitions?: number
  /** @defaultValue Kafka's default: the hash of the key's bytes */
  readonly partitioner?: PartitionerOption<K, V>
}

/** Options of `to` (Kafka Streams: `Produced`). */
export interface ToOptions<K, V> extends KeyValueOptions<K, V> {
  /**
   * @defaultValue Kafka's default: the hash of the key's bytes; with a serde of windowed keys the hash of those of
   * the key in them
   */
  readonly partitioner?: PartitionerOption<K, V>
}

export interface ProcessOptions<K, V> extends KeyValueOptions<K, V> {
  /** Stores that the processor reads or writes: builders, or names given to `addStateStore`. */
  readonly stores?: readonly (StoreBuilder | string)[]
}

export interface ProcessValuesOptions<V> extends ValueOptions<V> {
  /** Stores that the processor reads or writes: builders, or names given to `addStateStore`. */
  readonly stores?: readonly (StoreBuilder | string)[]
}

export interface PrintOptions<K, V> extends NamedOptions {
  /** @defaultValue the name of the stream's operator */
  readonly label?: string
  /** @defaultValue key and value, with a comma between them */
  readonly format?: (key: K, value: V) => string
  /** Gets one line with its end. @defaultValue standard output */
  readonly write?: (line: string) => void
}
