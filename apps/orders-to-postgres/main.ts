import { createApp, MillraceError } from '@millrace/core'
import { orderTables } from './tables.ts'
import { ordersTopology } from './topology.ts'

/** A setting from the environment; an empty one is none. */
function setting(name: string, fallback?: string): string {
  const value = process.env[name] || fallback
  if (value !== undefined) return value
  process.stderr.write(`${name} is not set\n`)
  process.exit(2)
}

const optional = (name: string): string | undefined => process.env[name] || undefined

/** The orders as a program: runs until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const topics = {
    orders: setting('ORDERS_TOPIC', 'orders'),
    customers: setting('CUSTOMERS_TOPIC', 'customers'),
  }
  const tables = orderTables(setting('DATABASE_URL')) // jdbc:postgresql://host:5432/database?user=…
  const instanceId = optional('INSTANCE_ID')
  const sessionTimeout = optional('SESSION_TIMEOUT_MS')
  const app = createApp(ordersTopology(topics, tables), {
    brokers: setting('KAFKA_BROKERS'),
    applicationId: setting('APPLICATION_ID', 'orders-to-postgres'),
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
