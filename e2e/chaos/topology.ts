import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  type StoreBuilder,
  stores,
  StreamsBuilder,
  type StreamRecord,
  type Topology,
} from '@millrace/core'
import {
  type ChaosTopics,
  type Counted,
  NEW_WINDOW_MS,
  OLD_WINDOW_MS,
  windowKey,
} from './records.ts'

const INPUT = { key: serdes.string, value: serdes.json<{ key: string; id: number }>() } as const
const counted = serdes.json<Counted>()

/** Names that the oracle looks for. */
export const STORES = {
  counts: 'counts',
  cached: 'cached',
  windows: 'windows',
  old: 'old-windows',
} as const

type WindowStore = KeyValueStore<string, Counted>

/** Counts by key and window, and forwards each update under `<key>@<start>`. */
class WindowCounter implements Processor<string, { id: number }, string, Counted> {
  readonly #builder: StoreBuilder<WindowStore>
  readonly #sizeMs: number
  #store!: WindowStore // set by init, which comes before the first record

  constructor(builder: StoreBuilder<WindowStore>, sizeMs: number) {
    this.#builder = builder
    this.#sizeMs = sizeMs
  }

  init(context: ProcessorContext<string, Counted>): void {
    this.#store = context.getStateStore(this.#builder)
  }

  process(
    record: StreamRecord<string, { id: number }>,
    context: ProcessorContext<string, Counted>,
  ): void | PromiseLike<void> {
    const key = windowKey(record.key, record.timestampMs, this.#sizeMs)
    const count = (this.#store.get(key)?.count ?? 0) + 1
    const update = { count, id: record.value.id }
    this.#store.put(key, update)
    return context.forward(record.withKeyValue(key, update))
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
    add: (_key: string, { id }: { id: number }, before: Counted): Counted => ({
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

  const windows = stores.keyValue(STORES.windows, { key: serdes.string, value: counted })
  byKey
    .process(() => new WindowCounter(windows, NEW_WINDOW_MS), {
      stores: [windows],
      key: serdes.string,
      value: counted,
    })
    .to(topics.windows)
  const old = stores.keyValue(STORES.old, { key: serdes.string, value: counted })
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

/** The key of a changelog record, in the form of the output's keys. */
export function decodeChangelogKey(_store: string, key: Buffer): string {
  return key.toString()
}
