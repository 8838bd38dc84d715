import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { avroSerde, jsonSchema, jsonSerde, type SchemaRegistry } from '@millrace/schema-registry'

interface Order {
  readonly id: string
  readonly placedAt: Date
  readonly price: string
}

const orderSchema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'placedAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
  ],
}

const receiptSchema = jsonSchema({
  title: 'Receipt',
  type: 'object',
  properties: { order: { type: 'string' }, day: { type: 'string' }, total: { type: 'string' } },
  required: ['order', 'day', 'total'],
  additionalProperties: false,
})

/** Reads orders in Avro, and writes receipts in JSON that a JSON Schema describes. */
export function pricedOrders(registry: SchemaRegistry): Topology {
  const orders = avroSerde<Order>(registry, { schema: orderSchema })
  const receipts = jsonSerde(registry, { schema: receiptSchema, compatibility: 'BACKWARD' })

  const builder = new StreamsBuilder()
  builder
    .stream('orders', { key: serdes.string, value: orders })
    .mapValues(
      ({ id, placedAt, price }) => ({
        order: id,
        day: placedAt.toISOString().slice(0, 10),
        total: price,
      }),
      { value: receipts },
    )
    .to('receipts')
  return builder.build()
}
