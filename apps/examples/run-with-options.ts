import { consoleLogger, createApp, MillraceError } from '@millrace/core'
import { buysPerUser } from './buys-per-user.ts'

const app = createApp(buysPerUser(), {
  applicationId: 'buys',
  brokers: ['broker-1:9092', 'broker-2:9092'],
  instanceId: process.env['HOSTNAME'] ?? 'local',
  commitInterval: '1 second',
  transactionTimeout: '20 seconds',
  deserializationExceptionHandler: 'continue',
  processingExceptionHandler: (error) => {
    return error.cause instanceof RangeError ? 'continue' : 'fail'
  },
  logger: consoleLogger('warn'),
  onStateChange: (state, before) => {
    console.log(`${before} → ${state}`)
  },
  onRestore: ({ phase, store, restored, total }) => {
    console.log(`restore of ${store}, ${phase}: ${restored} of about ${total}`)
  },
})

const report = setInterval(() => {
  console.log(app.metrics())
}, 10_000)

try {
  await app.run()
} catch (error) {
  if (!MillraceError.is(error)) throw error
  console.error(error.code, error.message, error.hint, error.at, error.cause)
  process.exitCode = 1
} finally {
  clearInterval(report)
}
