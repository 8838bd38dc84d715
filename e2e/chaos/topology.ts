import {
  type Processor,
  type ProcessorContext,
  serdes,
  type StoreBuilder,
  stores,
  StreamsBuilder,
  type StreamRecord,
  type TimestampedWindowStore,
  type Topology,
  type WindowStore,
} from '@millrace/core'
import {
  type ChaosTopics,
  type Counted,
  NEW_WINDOW_MS,
  OLD_RETENTION_MS,
  OLD_WINDOW_MS,
  windowKey,
  windowStart,
} from './records.ts'

const INPUT = { key: serdes.string, value: serdes.json<Input>() } as const
const counted = serdes.json<Counted>()

/** Names that the oracle looks for. */
export const STORES = {
  counts: 'counts',
  cached: 'cached',
  windows: 'windows',
  old: 'old-windows',
} as const

/** One input behind the repartition topic, or an old one. */
interface Input {
  readonly key: string
  readonly id: number
}

/** Counts by key and window, and forwards each update under `<key>@<start>`. */
class WindowCounter implements Processor<string, Input, string, Counted> {
  readonly #builder: StoreBuilder<WindowStore<string, Counted>>
  readonly #sizeMs: number
  #store!: WindowStore<string, Counted> // set by init, which comes before the first record

  constructor(builder: StoreBuilder<WindowStore<string, Counted>>, sizeMs: number) {
    this.#builder = builder
    this.#sizeMs = sizeMs
  }

  init(context: ProcessorContext<string, Counted>): void {
    this.#store = context.getStateStore(this.#builder)
  }

  process(
    record: StreamRecord<string, Input>,
    context: ProcessorContext<string, Counted>,
  ): void | PromiseLike<void> {
    const startMs = windowStart(record.timestampMs, this.#sizeMs)
    const count = (this.#store.fetch(record.key, startMs)?.count ?? 0) + 1
    const update = { count, id: record.value.id }
    this.#store.put(record.key, update, startMs)
    return context.forward(record.withKeyValue(windowKey(record.key, startMs), update))
  }
}

/** The same in a store that keeps timestamps beside the counts. */
class TimestampedWindowCounter implements Processor<string, Input, string, Counted> {
  readonly #builder: StoreBuilder<TimestampedWindowStore<string, Counted>>
  readonly #sizeMs: number
  #store!: TimestampedWindowStore<string, Counted> // set by init, as above

  constructor(builder: StoreBuilder<TimestampedWindowStore<string, Counted>>, sizeMs: number) {
    this.#builder = builder
    this.#sizeMs = sizeMs
  }

  init(context: ProcessorContext<string, Counted>): void {
    this.#store = context.getStateStore(this.#builder)
  }

  process(
    record: StreamRecord<string, Input>,
    context: ProcessorContext<string, Counted>,
  ): void | PromiseLike<void> {
    const { key, timestampMs, headers } = record
    const startMs = windowStart(timestampMs, this.#sizeMs)
    const before = this.#store.fetch(key, startMs)
    const update = { count: (before?.value.count ?? 0) + 1, id: record.value.id }
    const latestMs = Math.max(timestampMs, before?.timestampMs ?? 0)
    this.#store.put(key, { value: update, timestampMs: latestMs, headers }, startMs)
    return context.forward(record.withKeyValue(windowKey(key, startMs), update))
  }
}

/**
 * New records change their key, so a repartition topic is between two sub-topologies; behind it they
 * are counted by key, with a cache and without, and by window. Old records are counted by window in a
 * third sub-topology.
 */
export function chaosTopology(topics: ChaosTopics): Topology {
  const builder = new StreamsBuilder()
  const byKey = builder
    .stream(topics.newInput, INPUT)
    .selectKey((_key, { key }) => key, { key: serdes.string })
    .repartition({ ...INPUT, name: 'by-key' })
  const aggregation = {
    value: counted,
    init: (): Counted => ({ count: 0, id: -1 }),
    add: (_key: string, { id }: Input, before: Counted): Counted => ({
      count: before.count + 1,
      id,
    }),
  }
  const grouped = byKey.groupByKey()
  grouped
    .aggregate<Counted>({ ...aggregation, store: STORES.counts, caching: false })
    .toStream()
    .to(topics.counts)
  grouped
    .aggregate<Counted>({ ...aggregation, store: STORES.cached })
    .toStream()
    .to(topics.cached)

  const windows = stores.timestampedWindow(STORES.windows, {
    key: serdes.string,
    value: counted,
    windowSize: NEW_WINDOW_MS,
    retention: '1 hour',
  })
  byKey
    .process(() => new TimestampedWindowCounter(windows, NEW_WINDOW_MS), {
      stores: [windows],
      key: serdes.string,
      value: counted,
    })
    .to(topics.windows)
  const old = stores.window(STORES.old, {
    key: serdes.string,
    value: counted,
    windowSize: OLD_WINDOW_MS,
    retention: OLD_RETENTION_MS,
    // Otherwise the broker deletes what is years old from the changelog, and a restore misses it.
    changelogCleanup: 'compact',
  })
  builder
    .stream(topics.oldInput, INPUT)
    .process(() => new WindowCounter(old, OLD_WINDOW_MS), {
      stores: [old],
      key: serdes.string,
      value: counted,
    })
    .to(topics.oldWindows)
  return builder.build()
}

const SEQUENCE_BYTES = 4
const START_BYTES = 8

/** The key of a changelog record, in the form of the output's keys. */
export function decodeChangelogKey(store: string, key: Buffer): string {
  if (store !== STORES.windows && store !== STORES.old) return key.toString()
  const start = key.length - SEQUENCE_BYTES - START_BYTES
  return windowKey(key.toString('utf8', 0, start), Number(key.readBigInt64BE(start)))
}
