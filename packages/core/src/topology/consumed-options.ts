import { assertReset, type AutoOffsetReset } from '../base/auto-offset-reset.ts'
import { assert } from '../base/assert.ts'
import { durationToMs } from '../base/duration.ts'
import type { Serde } from '../serde/serde.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { SourceNode } from './topology-node.ts'
import type { WatermarkOptions } from './watermark-options.ts'

/** How a topic is read (Kafka Streams: `Consumed`). */
export interface ConsumedOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** @defaultValue the application's default, which fails on a negative timestamp */
  readonly timestampExtractor?: TimestampExtractor
  /** Where to begin when nothing was committed yet. @defaultValue the application's default */
  readonly autoOffsetReset?: AutoOffsetReset
  /** Lets event time go on while the source is idle. @defaultValue off, as in Kafka Streams */
  readonly watermark?: WatermarkOptions
}

type Consumed = Pick<
  SourceNode,
  'keySerde' | 'valueSerde' | 'timestampExtractor' | 'autoOffsetReset' | 'idleMs'
>

export function consumed<K, V>(options: ConsumedOptions<K, V>): Consumed {
  const { watermark, autoOffsetReset } = options
  if (autoOffsetReset !== undefined) assertReset(autoOffsetReset)
  const idleMs = watermark === undefined ? undefined : durationToMs(watermark.idle)
  assert(idleMs !== 0, 'watermark: the idleness of a source must be > 0')
  return {
    keySerde: options.key,
    valueSerde: options.value,
    timestampExtractor: options.timestampExtractor,
    autoOffsetReset,
    idleMs,
  }
}
