import { createHash } from 'node:crypto'
import type { ClientConfig } from 'pg'
import type { ConnectionConfig } from '../options/resolve-options.ts'
import { loadDriver } from './load-driver.ts'
import type { Bind, Connect, SqlConnection, SqlResult } from './sql-connection.ts'
import { tlsOptions } from './tls-options.ts'

/** What is used of a client of `pg`. */
interface PgClient {
  query(config: {
    text: string
    name?: string
    values?: (string | number | bigint | Uint8Array | null)[]
  }): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>
  end(): Promise<void>
}

/** Connections of the driver `pg`. */
export async function pgConnect(config: ConnectionConfig): Promise<Connect> {
  const { Client } = await loadDriver('pg', async () => (await import('pg')).default)
  const settings = clientConfig(config, await tlsOptions(config))
  return async () => {
    const client = new Client(settings)
    const connection = new PgConnection(client, config.url.isPrepared)
    // Without a listener the loss of an idle connection would end the process.
    client.on('error', () => {
      connection.lose()
    })
    await client.connect()
    return connection
  }
}

function clientConfig(config: ConnectionConfig, ssl: ClientConfig['ssl']): ClientConfig {
  const { url } = config
  return {
    host: url.host,
    port: url.port,
    database: url.database,
    ...(config.user !== undefined && { user: config.user }),
    ...(config.password !== undefined && { password: config.password }),
    ssl,
    connectionTimeoutMillis: config.connectTimeoutMs,
    application_name: url.applicationName ?? 'millrace',
    keepAlive: true,
    // Ends the transaction of a process that stands still, so that its successor's claim is not kept waiting.
    idle_in_transaction_session_timeout: config.requestTimeoutMs,
    statement_timeout: config.requestTimeoutMs,
    ...(url.schema !== undefined && { options: searchPath(url.schema) }),
  }
}

function searchPath(schema: string): string {
  const quoted = schema.split(',').map((name) => `"${name.trim().replaceAll('"', '""')}"`)
  return `-c search_path=${quoted.join(',').replace(/[\\ ]/g, '\\$&')}`
}

class PgConnection implements SqlConnection {
  readonly #client: PgClient
  readonly #isPrepared: boolean
  readonly #names = new Map<string, string>()
  #isUsable = true

  constructor(client: PgClient, isPrepared: boolean) {
    this.#client = client
    this.#isPrepared = isPrepared
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  async execute(sql: string, values: readonly Bind[]): Promise<SqlResult> {
    const name = this.#isPrepared ? { name: this.#nameOf(sql) } : {}
    const { rows, rowCount } = await this.#client.query({ ...name, text: sql, values: [...values] })
    return { rows, changes: rowCount ?? 0 }
  }

  async executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number> {
    let changes = 0
    for (const row of rows) changes += (await this.execute(sql, row)).changes
    return changes
  }

  async run(sql: string): Promise<void> {
    await this.#client.query({ text: sql })
  }

  lose(): void {
    this.#isUsable = false
  }

  destroy(): void {
    this.#isUsable = false
    // With a statement under way `end` closes the socket, which makes it fail.
    this.#client.end().catch(ignoreEnd)
  }

  async close(): Promise<void> {
    this.#isUsable = false
    await this.#client.end().catch(ignoreEnd)
  }

  /** PostgreSQL knows a prepared statement by a name of 63 bytes at most. */
  #nameOf(sql: string): string {
    let name = this.#names.get(sql)
    if (name === undefined) {
      name = `millrace_${createHash('sha256').update(sql).digest('hex').slice(0, 40)}`
      this.#names.set(sql, name)
    }
    return name
  }
}

/** The session is over either way. */
function ignoreEnd(): void {
  return undefined
}
