import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { ConnectionConfig } from '../options/resolve-options.ts'
import { loadDriver } from './load-driver.ts'
import type { Bind, Connect, SqlConnection, SqlResult } from './sql-connection.ts'

/** Statements that are kept in a session: those of a few tables. */
const MAX_STATEMENTS = 200

/** Connections of Node's own SQLite. Calls block the process while they run. */
export async function sqliteConnect(config: ConnectionConfig): Promise<Connect> {
  const { DatabaseSync: Database } = await loadDriver('node:sqlite', () => import('node:sqlite'))
  return () =>
    new Promise((resolve) => {
      // A wait inside SQLite would block the process: a locked file is retried outside, with a timer.
      const database = new Database(config.url.database, { timeout: 0 })
      resolve(new SqliteConnection(database))
    })
}

class SqliteConnection implements SqlConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #isUsable = true

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  execute(sql: string, values: readonly Bind[]): Promise<SqlResult> {
    return settled(() => {
      const statement = this.#prepare(sql)
      if (statement.columns().length === 0) {
        return { rows: [], changes: Number(statement.run(...inputs(values)).changes) }
      }
      return { rows: statement.all(...inputs(values)), changes: 0 }
    })
  }

  executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number> {
    return settled(() => {
      const statement = this.#prepare(sql)
      let changes = 0
      for (const row of rows) changes += Number(statement.run(...inputs(row)).changes)
      return changes
    })
  }

  run(sql: string): Promise<void> {
    return settled(() => {
      this.#database.exec(sql)
    })
  }

  destroy(): void {
    if (!this.#isUsable) return
    this.#isUsable = false
    this.#statements.clear()
    this.#database.close()
  }

  close(): Promise<void> {
    this.destroy()
    return Promise.resolve()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
    const statement = this.#database.prepare(sql)
    statement.setReadBigInts(true)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** Gives what `work` throws to whoever waits for the promise. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work())
  })
}

/** A Bind is what SQLite takes; the types only differ in what is read-only. */
function inputs(values: readonly Bind[]): SQLInputValue[] {
  return values as SQLInputValue[]
}
