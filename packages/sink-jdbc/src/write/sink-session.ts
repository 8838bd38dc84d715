import type { SinkContext } from '@millrace/core'
import { wait } from '@millrace/core/internal'
import type { Dialect, OffsetStatements } from '../dialects/dialect.ts'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { JdbcConfig } from '../options/resolve-options.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { SqlErrors } from './sql-errors.ts'
import type { TableTargets } from './table-targets.ts'

/** What the writers of an open sink have in common. */
export interface SinkSession<K, V> {
  readonly config: JdbcConfig<K, V>
  readonly context: SinkContext
  readonly dialect: Dialect
  readonly pool: ConnectionPool
  readonly errors: SqlErrors
  readonly targets: TableTargets<K, V>
  /** Undefined where no positions are kept. */
  readonly offsets: OffsetStatements | undefined
}

/** The longest wait between two attempts at a transaction: a deadlock is over long before. */
const MAX_WAIT_MS = 1000

/** Before attempt `attempt` + 1: waits that double from 10 ms, between a half and the whole of each. */
export async function waitBeforeRetry(
  { scheduler, random }: SinkContext,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const ms = Math.min(MAX_WAIT_MS, 10 * 2 ** attempt)
  await wait(scheduler, Math.round(ms * (0.5 + random() / 2)), signal)
}

/** Runs `work` with a session of its own, which ends at once when the signal aborts. */
export async function withConnection<K, V, T>(
  { pool }: SinkSession<K, V>,
  signal: AbortSignal,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await pool.acquire(signal)
  const destroy = (): void => {
    connection.destroy()
  }
  signal.addEventListener('abort', destroy, { once: true })
  try {
    return await work(connection)
  } finally {
    signal.removeEventListener('abort', destroy)
    pool.release(connection)
  }
}

/** As {@link withConnection}, again while the transaction loses against others. */
export async function retryTransaction<K, V, T>(
  session: SinkSession<K, V>,
  signal: AbortSignal,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await withConnection(session, signal, work)
    } catch (error) {
      const mayRetry = attempt < session.config.maxRetries && !signal.aborted
      if (!mayRetry || session.errors.classify(error) !== 'transaction') throw error
    }
    await waitBeforeRetry(session.context, attempt, signal)
  }
}
