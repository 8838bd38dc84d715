import {
  MillraceError,
  type Sink,
  type SinkClaim,
  type SinkContext,
  type SinkWriter,
} from '@millrace/core'
import { dialectOf } from './dialects/dialect-of.ts'
import { connectorOf } from './drivers/connector-of.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { type JdbcConfig, resolveJdbcOptions } from './options/resolve-options.ts'
import { ConnectionPool } from './write/connection-pool.ts'
import { GuardedConnection } from './write/guarded-connection.ts'
import { JdbcWriter } from './write/jdbc-writer.ts'
import { change } from './write/prepare-table.ts'
import { type SinkSession, retryTransaction } from './write/sink-session.ts'
import { SqlErrors } from './write/sql-errors.ts'
import { tableName, TableTargets } from './write/table-targets.ts'

/** What a server has more than its own time-out before the session is given up. */
const GRACE_MS = 2000

/** As in Connect's sink. A fifth faster than 1000 (`bench sink-jdbc --batch`); SQLite blocks the process for some 10 ms. */
const PROPOSED_RECORDS = 3000

/**
 * A table of a SQL database as a sink: exactly once by default, with the positions in a table of the same
 * database. Batches are written in bulk, each in one transaction.
 *
 * @throws MillraceError `MR_CONFIG` that lists every problem of the options.
 */
export function jdbcSink<K, V>(options: JdbcSinkOptions<K, V>): Sink<K, V> {
  return new JdbcSink(resolveJdbcOptions(options))
}

/** {@link jdbcSink}, over any connections: tests break theirs. */
export class JdbcSink<K, V> implements Sink<K, V> {
  readonly kind = 'jdbc'
  readonly capabilities: Sink<K, V>['capabilities']
  readonly #config: JdbcConfig<K, V>
  readonly #connector: typeof connectorOf
  #session: SinkSession<K, V> | undefined

  constructor(config: JdbcConfig<K, V>, connector: typeof connectorOf = connectorOf) {
    this.#config = config
    this.#connector = connector
    this.capabilities = {
      tier: config.isTransactional ? 'transactional' : 'idempotent',
      proposedMaxRecords: PROPOSED_RECORDS,
    }
  }

  async open(context: SinkContext): Promise<void> {
    await this.close()
    const session = await this.#newSession(context)
    try {
      const never = new AbortController().signal
      await retryTransaction(session, never, async (connection) => {
        if (session.offsets !== undefined) await this.#ensureOffsetTable(session, connection)
        if (!this.#config.tableFormat.includes('${topic}'))
          await session.targets.get(connection, '')
      })
    } catch (error) {
      await session.pool.close()
      throw session.errors.from(error, { sink: context.sinkId })
    }
    this.#session = session
  }

  async claim(claim: SinkClaim): Promise<SinkWriter<K, V>> {
    const session = this.#session
    if (session === undefined) throw new TypeError('the sink is not open')
    const { topic, partition, initialOffset, signal } = claim
    const { sinkId, owner } = session.context
    try {
      const stored = await retryTransaction(session, signal, async (connection) => {
        await session.targets.get(connection, topic)
        return session.offsets?.claim(connection, {
          sinkId,
          topic,
          partition,
          owner,
          initialOffset,
        })
      })
      return new JdbcWriter(session, claim, stored)
    } catch (error) {
      throw session.errors.from(signal.aborted ? signal.reason : error, {
        sink: sinkId,
        topic,
        partition,
      })
    }
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.pool.close()
  }

  async #newSession(context: SinkContext): Promise<SinkSession<K, V>> {
    const config = this.#config
    const dialect = dialectOf(config.connection.url.kind)
    const connect = await this.#connector(config.connection)
    const timeoutMs = config.connection.requestTimeoutMs + GRACE_MS
    const pool = new ConnectionPool(async () => {
      const connection = new GuardedConnection(await connect(), context.scheduler, timeoutMs)
      for (const setting of dialect.sessionSettings) await connection.run(setting)
      return connection
    }, config.connection.maxConnections)
    return {
      config,
      context,
      dialect,
      pool,
      errors: new SqlErrors(dialect, config.connection),
      targets: new TableTargets(dialect, config, context.logger),
      offsets: config.isTransactional
        ? dialect.offsets(tableName(config.offsetTable, ''))
        : undefined,
    }
  }

  /** Creates it only when it is not there: the right to create tables may be missing then. */
  async #ensureOffsetTable(
    { dialect, offsets, errors, context }: SinkSession<K, V>,
    connection: Parameters<Parameters<typeof retryTransaction>[2]>[0],
  ): Promise<void> {
    const table = tableName(this.#config.offsetTable, '')
    if (offsets === undefined || (await dialect.readTable(connection, table)) !== undefined) return
    try {
      await change(connection, dialect, () => connection.run(offsets.createTable))
    } catch (error) {
      if (errors.classify(error) !== 'denied') throw error
      throw new MillraceError('MR_SINK_FAILED', `The table of positions cannot be created`, {
        cause: error,
        at: { sink: context.sinkId, table: this.#config.offsetTable, ...errors.placeOf(error) },
        hint: `Grant the right to create it, run: ${offsets.createTable.replace(/\s+/g, ' ')}, or set deliveryGuarantee to 'idempotent'.`,
      })
    }
  }
}
