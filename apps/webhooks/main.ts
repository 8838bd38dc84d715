import { createApp, MillraceError } from '@millrace/core'
import { httpSink } from '@millrace/sink-http'
import { type Alert, alertsTopology } from './topology.ts'

/** A setting from the environment; an empty one is none. */
function setting(name: string, fallback?: string): string {
  const value = process.env[name] || fallback
  if (value !== undefined) return value
  process.stderr.write(`${name} is not set\n`)
  process.exit(2)
}

const optional = (name: string): string | undefined => process.env[name] || undefined

/** The alerts as a program: runs until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const token = optional('WEBHOOK_TOKEN')
  const endpoint = httpSink<string, Alert>({
    url: setting('WEBHOOK_URL'),
    ...(token === undefined ? {} : { auth: { kind: 'bearer', token } }),
    // An endpoint that is silent for longer is asked again, under the same idempotency key.
    timeouts: { headers: '2 seconds' },
  })
  const instanceId = optional('INSTANCE_ID')
  const sessionTimeout = optional('SESSION_TIMEOUT_MS')
  const app = createApp(alertsTopology(setting('LOGINS_TOPIC', 'logins'), endpoint), {
    brokers: setting('KAFKA_BROKERS'),
    applicationId: setting('APPLICATION_ID', 'webhooks'),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(sessionTimeout === undefined
      ? {}
      : { sessionTimeout: Number(sessionTimeout), heartbeatInterval: Number(sessionTimeout) / 6 }),
  })
  await app.run()
}

try {
  await main()
} catch (error) {
  if (!MillraceError.is(error)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = 1
}
