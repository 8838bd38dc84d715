import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type KeyValueStore,
  serdes,
  stores,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'

const HOUR_MS = 3_600_000

/** When each key came first, by its record's time. */
const seen = stores.keyValue('seen', { key: serdes.string, value: serdes.long })

/** Lets the first record of each key through, and forgets a key an hour after it came. */
class FirstOfEachKey implements FixedKeyProcessor<string, string, string> {
  #seen!: KeyValueStore<string, number> // set by init, which comes before the first record

  init(context: FixedKeyProcessorContext<string, string>): void {
    this.#seen = context.getStateStore(seen)
    context.schedule('10 minutes', 'stream-time', (nowMs) => {
      for (const [key, firstMs] of this.#seen.all()) {
        if (firstMs <= nowMs - HOUR_MS) this.#seen.delete(key)
      }
    })
  }

  process(
    record: FixedKeyRecord<string, string>,
    context: FixedKeyProcessorContext<string, string>,
  ): void | PromiseLike<void> {
    const before = this.#seen.putIfAbsent(record.key, record.timestampMs)
    if (before === null) return context.forward(record)
  }
}

export function firstOfEachKey(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('payments', { key: serdes.string, value: serdes.string })
    .processValues(() => new FirstOfEachKey(), { stores: [seen], value: serdes.string })
    .to('payments-once')
  return builder.build()
}
