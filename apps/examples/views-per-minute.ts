import {
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  StreamsBuilder,
  type StreamRecord,
  type Topology,
  type WindowStore,
} from '@millrace/core'

const MINUTE_MS = 60_000

/** How often each page was seen, by the minute, for a day. */
const views = stores.window('views', {
  key: serdes.string,
  value: serdes.long,
  windowSize: '1 minute',
  retention: '1 day',
})

/** Counts views by the minute, and forwards how many there were in the last ten. */
class LastTenMinutes implements Processor<string, string, string, number> {
  #views!: WindowStore<string, number> // set by init, which comes before the first record

  init(context: ProcessorContext<string, number>): void {
    this.#views = context.getStateStore(views)
  }

  process(
    record: StreamRecord<string, string>,
    context: ProcessorContext<string, number>,
  ): void | PromiseLike<void> {
    const { key: page, timestampMs } = record
    const minuteMs = timestampMs - (timestampMs % MINUTE_MS)
    const before = this.#views.fetch(page, minuteMs) ?? 0
    if (!this.#views.put(page, before + 1, minuteMs)) {
      context.recordDropped('late')
      return
    }
    let sum = 0
    for (const [, count] of this.#views.fetch(page, minuteMs - 9 * MINUTE_MS, minuteMs)) {
      sum += count
    }
    return context.forward(record.withValue(sum))
  }
}

export function viewsPerMinute(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('page-views', { key: serdes.string, value: serdes.string })
    .process(() => new LastTenMinutes(), {
      stores: [views],
      key: serdes.string,
      value: serdes.long,
    })
    .to('views-of-ten-minutes')
  return builder.build()
}
