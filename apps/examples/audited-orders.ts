import {
  type Processor,
  serdes,
  stores,
  StreamsBuilder,
  type Topology,
  TopologyBuilder,
  withStores,
} from '@millrace/core'

/** Which auditor looks at which customer. */
const auditors = stores.keyValue('auditors', { key: serdes.string, value: serdes.string })

/** Hands orders of audited customers to the node `audited`, and the others to nobody. */
const audit = withStores([auditors], (): Processor<string, string, string, string> => ({
  process(record, context) {
    const auditor = context.getStateStore(auditors).get(record.key)
    if (auditor === null) return
    return context.forward(record.withValue(`${record.value} for ${auditor}`), 'audited')
  },
}))

const assign = (): Processor<string, string, never, never> => ({
  process(record, context) {
    context.getStateStore(auditors).put(record.key, record.value)
  },
})

/** What the DSL counts, and beside it what is put together node by node on the same orders. */
export function auditedOrders(): Topology {
  const text = { key: serdes.string, value: serdes.string }
  const streams = new StreamsBuilder()
  streams
    .stream('orders', { ...text, name: 'orders' })
    .groupByKey()
    .count({ store: 'orders-of-customer' })
    .toStream()
    .to('order-counts')

  const builder = new TopologyBuilder(streams.build({ ensureExplicitInternalNames: true }))
  const assignments = builder.addSource('assignments', 'assignments', text)
  builder.addProcessor('assign', assign, { parents: [assignments], stores: [auditors] })
  const audited = builder.addProcessor('audit', audit, { parents: ['orders'] })
  builder.addSink('audited', 'audited-orders', { parents: [audited], ...text })
  return builder.build()
}
