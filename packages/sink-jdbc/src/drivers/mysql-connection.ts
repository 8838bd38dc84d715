import type { ConnectionOptions, ResultSetHeader, RowDataPacket } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import type { ConnectionConfig } from '../options/resolve-options.ts'
import { checksName } from '../options/tls-checks.ts'
import { loadDriver } from './load-driver.ts'
import type { Bind, Connect, SqlConnection, SqlResult } from './sql-connection.ts'
import { tlsOptions } from './tls-options.ts'

/** Connections of the driver `mysql2`, for MySQL and MariaDB. */
export async function mysqlConnect(config: ConnectionConfig): Promise<Connect> {
  const { createConnection } = await loadDriver('mysql2', () => import('mysql2/promise'))
  const settings = await connectionOptions(config)
  return async () => {
    const inner = await createConnection(settings)
    const connection = new MysqlConnection(inner)
    // Without a listener the loss of an idle connection would end the process.
    inner.on('error', () => {
      connection.lose()
    })
    return connection
  }
}

async function connectionOptions(config: ConnectionConfig): Promise<ConnectionOptions> {
  const { url } = config
  const tls = await tlsOptions(config)
  return {
    host: url.host,
    port: url.port,
    database: url.database,
    ...(config.user !== undefined && { user: config.user }),
    ...(config.password !== undefined && { password: config.password }),
    // What both have in common has other types in the two declarations.
    ...(tls !== false && {
      ssl: { ...(tls as object), verifyIdentity: checksName(url, config.tls) },
    }),
    connectTimeout: config.connectTimeoutMs,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    enableKeepAlive: true,
  }
}

class MysqlConnection implements SqlConnection {
  readonly #inner: Connection
  #isUsable = true

  constructor(inner: Connection) {
    this.#inner = inner
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  async execute(sql: string, values: readonly Bind[]): Promise<SqlResult> {
    const [result] = await this.#checked(
      this.#inner.execute<RowDataPacket[] | ResultSetHeader>(sql, values.map(input)),
    )
    return Array.isArray(result)
      ? { rows: result, changes: 0 }
      : { rows: [], changes: result.affectedRows }
  }

  async executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number> {
    let changes = 0
    for (const row of rows) changes += (await this.execute(sql, row)).changes
    return changes
  }

  async run(sql: string): Promise<void> {
    await this.#checked(this.#inner.query(sql))
  }

  lose(): void {
    this.#isUsable = false
  }

  destroy(): void {
    this.#isUsable = false
    this.#inner.destroy()
  }

  async close(): Promise<void> {
    this.#isUsable = false
    await this.#inner.end().catch(() => {
      this.#inner.destroy()
    })
  }

  /** After a fatal error the driver takes no more. */
  async #checked<T>(request: Promise<T>): Promise<T> {
    try {
      return await request
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'fatal' in error && error.fatal === true) {
        this.#isUsable = false
      }
      throw error
    }
  }
}

/** The driver takes a Buffer for bytes, and makes text of any other array of them. */
function input(value: Bind): string | number | Buffer | null {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return value
}
