import {
  hopping,
  serdes,
  session,
  sliding,
  StreamsBuilder,
  type Topology,
  tumbling,
  unlimited,
  untilTimeLimit,
  untilWindowCloses,
} from '@millrace/core'
import { customersOf, ordersOf } from './model.ts'

export function windows(): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder).groupByKey()
  // #region windows
  orders.windowedBy(tumbling('1 hour', { grace: '10 minutes' })).count({ store: 'tumbling' })
  orders
    .windowedBy(hopping('1 hour', { advance: '5 minutes', grace: 0 }))
    .reduce((a, b) => (a.cents >= b.cents ? a : b), { store: 'hopping', retention: '1 day' })
  orders.windowedBy(sliding('5 minutes', { grace: '1 minute' })).count({ store: 'sliding' })
  orders.windowedBy(unlimited({ start: 1_700_000_000_000 })).count({ store: 'unlimited' })
  orders.windowedBy(session('30 minutes', { grace: 0 })).aggregate({
    init: () => 0,
    add: (_id, order, sum) => sum + order.cents,
    merge: (_id, a, b) => a + b,
    store: 'sessions',
    value: serdes.long,
  })
  // #endregion
  // #region emit
  orders
    .windowedBy(tumbling('1 hour', { grace: '10 minutes' }), { emit: 'on-window-close' })
    .count({ store: 'final-counts' })
    .toStream()
    .to('orders-per-hour', { key: serdes.timeWindowed(serdes.string, '1 hour') })
  orders
    .windowedBy(session('30 minutes', { grace: 0 }), { emit: 'on-window-close' })
    .count({ store: 'final-sessions' })
    .toStream()
    .to('orders-per-session', { key: serdes.sessionWindowed(serdes.string) })
  builder
    .stream('orders-per-hour', {
      key: serdes.timeWindowed(serdes.string, '1 hour'),
      value: serdes.long,
    })
    .map(({ key, window }, count) => [key, `${window.startMs}: ${count}`])
    .to('lines', { key: serdes.string, value: serdes.string })
  // #endregion
  return builder.build()
}

export function suppressed(): Topology {
  const builder = new StreamsBuilder()
  const customers = customersOf(builder)
  const perHour = ordersOf(builder)
    .groupByKey()
    .windowedBy(tumbling('1 hour', { grace: '10 minutes' }))
    .count({ store: 'per-hour' })
  // #region suppress
  perHour.suppress(untilWindowCloses(), { name: 'final' }).toStream().to('final')
  perHour
    .suppress(untilWindowCloses({ maxBytes: 10_000_000, whenFull: 'shut-down', logging: false }))
    .toStream()
    .to('final-in-10-mb')
  customers
    .suppress(untilTimeLimit('5 minutes', { maxRecords: 1000, whenFull: 'emit-early' }))
    .toStream()
    .to('calm-customers')
  customers
    .suppress(
      untilTimeLimit('5 minutes', {
        maxRecords: 1000,
        maxBytes: 10_000_000,
        whenFull: 'shut-down',
        topicConfig: { 'min.insync.replicas': '2' },
      }),
      { name: 'strict' },
    )
    .toStream()
    .to('strict-customers')
  // #endregion
  return builder.build()
}

export function cogroups(): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder).groupBy((_id, order) => order.customer, {
    key: serdes.string,
    name: 'orders-by-customer',
  })
  const visits = builder.stream('visits', { key: serdes.string, value: serdes.string }).groupByKey()
  // #region cogroup
  const activity = orders
    .cogroup((_customer, order, sum: number) => sum + order.cents)
    .cogroup(visits, (_customer, _page, sum) => sum + 1)
  activity.aggregate({ init: () => 0, store: 'activity', value: serdes.long })
  activity
    .windowedBy(tumbling('1 hour', { grace: 0 }))
    .aggregate({ init: () => 0, store: 'hourly', value: serdes.long })
  activity.windowedBy(session('30 minutes', { grace: 0 })).aggregate({
    init: () => 0,
    merge: (_customer, a, b) => a + b,
    store: 'by-session',
    value: serdes.long,
  })
  // #endregion
  return builder.build()
}
