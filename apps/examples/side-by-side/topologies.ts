import {
  type Processor,
  type ProcessorSupplier,
  serdes,
  stores,
  StreamsBuilder,
  type Topology,
  TopologyBuilder,
} from '@millrace/core'

const text = { key: serdes.string, value: serdes.string }
const seen = stores.keyValue('seen', text)

const once = (): Processor<string, string, string, string> => ({
  process(record, context) {
    if (context.getStateStore(seen).putIfAbsent(record.key, record.value) !== null) return
    return context.forward(record)
  },
})

export function byHand(): Topology {
  // #region by-hand
  const builder = new TopologyBuilder()
  const source = builder.addSource('source', 'visits', text)
  const first = builder.addProcessor('first', once, { parents: [source] })
  builder.addStateStore(seen, first)
  builder.addSink('sink', 'first-visits', { parents: [first], ...text })
  const topology = builder.build()
  // #endregion
  return topology
}

export function mixed(): Topology {
  // #region mixed
  const streams = new StreamsBuilder()
  streams.stream('visits', { ...text, name: 'visits' }).to('all-visits')
  const builder = new TopologyBuilder(streams.build())
  builder.addProcessor('first', once, { parents: ['visits'], stores: [seen] })
  builder.addSink('sink', 'first-visits', { parents: ['first'], ...text })
  const topology = builder.build()
  // #endregion
  return topology
}

/** @param measured gives a supplier that measures one */
export function optimized(
  builder: StreamsBuilder,
  measured: (
    operator: string,
    supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>,
  ) => ProcessorSupplier<unknown, unknown, unknown, unknown>,
): string {
  // #region optimized
  const topology = builder.build({
    optimization: 'all',
    ensureExplicitInternalNames: true,
    processorWrapper: (operator, supplier) => measured(operator, supplier),
  })
  const description = topology.describe()
  // #endregion
  return description
}
