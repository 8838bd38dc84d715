import { memberOptions, reportMetrics } from '@millrace/cli'
import { createApp } from '@millrace/core'
import { buysPerUser } from './buys-per-user.ts'

const app = createApp(buysPerUser(), {
  applicationId: 'buys',
  brokers: process.env['KAFKA_BROKERS'] ?? 'localhost:9092',
  ...memberOptions(),
})
await reportMetrics(app).run() // until SIGTERM or SIGINT
