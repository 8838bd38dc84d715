import { createApp } from '@millrace/core'
import { schemaRegistry } from '@millrace/schema-registry'
import { pricedOrders } from './priced-orders.ts'

const registry = schemaRegistry({
  url: process.env['SCHEMA_REGISTRY_URL'] ?? 'http://localhost:8081',
})

const app = createApp(pricedOrders(registry), {
  applicationId: 'priced-orders',
  brokers: process.env['KAFKA_BROKERS'] ?? 'localhost:9092',
})
await app.run() // until SIGTERM or SIGINT
