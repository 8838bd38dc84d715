import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  StreamRecord,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import { type Order, ordersOf } from './model.ts'

// #region process
const totals = stores.keyValue('totals', { key: serdes.string, value: serdes.long })

class Totals implements Processor<string, Order, string, number> {
  #totals!: KeyValueStore<string, number>

  init(context: ProcessorContext<string, number>): void {
    this.#totals = context.getStateStore(totals)
    context.schedule('1 minute', 'stream-time', async (nowMs) => {
      for (const [customer, cents] of this.#totals.all()) {
        await context.forward(new StreamRecord(customer, cents, nowMs))
      }
    })
  }

  process({ value: order }: StreamRecord<string, Order>): void {
    const before = this.#totals.get(order.customer) ?? 0
    this.#totals.put(order.customer, before + order.cents)
  }
}
// #endregion

export function processors(): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder)
  // #region use
  orders
    .process(() => new Totals(), {
      name: 'send-totals',
      stores: [totals],
      key: serdes.string,
      value: serdes.long,
    })
    .to('totals')
  // #endregion
  // #region process-values
  orders
    .processValues(
      () => ({
        process: (record, context) =>
          context.forward(record.withValue(context.currentStreamTimeMs - record.timestampMs)),
      }),
      { value: serdes.long },
    )
    .to('how-late')
  // #endregion
  return builder.build()
}
