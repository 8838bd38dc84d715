import type { Serde } from '../serde/serde.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { SourcePlan } from '../topology/plan-node.ts'
import type { AutoOffsetReset } from '../topology/topology-node.ts'
import type { NamedOptions } from './dsl.ts'

/** Options of a source (Kafka Streams: `Consumed`). */
export interface SourceOptions<K, V> extends NamedOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** @defaultValue the application's default, which fails on a negative timestamp */
  readonly timestampExtractor?: TimestampExtractor
  /** Where to begin when nothing was committed yet. @defaultValue the application's default */
  readonly autoOffsetReset?: AutoOffsetReset
}

export function consumed<K, V>(
  options: SourceOptions<K, V>,
): Pick<SourcePlan, 'keySerde' | 'valueSerde' | 'timestampExtractor' | 'autoOffsetReset'> {
  return {
    keySerde: options.key,
    valueSerde: options.value,
    timestampExtractor: options.timestampExtractor,
    autoOffsetReset: options.autoOffsetReset,
  }
}
