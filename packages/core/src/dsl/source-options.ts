import type { ConsumedOptions } from '../topology/consumed-options.ts'
import type { NamedOptions } from './dsl.ts'

/** Options of a source (Kafka Streams: `Consumed`). */
export interface SourceOptions<K, V> extends NamedOptions, ConsumedOptions<K, V> {}
