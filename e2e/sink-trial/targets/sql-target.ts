import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DatabaseServer,
  type Row,
  startMariadb,
  startPostgres,
  type TestDatabase,
} from '@millrace/tools/databases'
import { type Arrived, compareArrivals, compareLatest, sumOfLatest } from '../compare.ts'
import type { FedRecord } from '../records.ts'
import type { Findings, TargetAddress, TrialTarget } from './trial-target.ts'

type SqlKind = 'postgres' | 'mariadb'

/** `events` has no key of any kind: nothing but the sink keeps a record from being there twice. */
const TABLES: readonly string[] = [
  'CREATE TABLE events (n bigint NOT NULL, k varchar(20) NOT NULL, txt varchar(100) NOT NULL)',
  'CREATE TABLE latest (k varchar(20) PRIMARY KEY, n bigint NOT NULL, txt varchar(100) NOT NULL)',
]

/** Two tables of a database server: one that only grows, and one with the last record of each key. */
export class SqlTrialTarget implements TrialTarget {
  readonly address: TargetAddress
  readonly #database: TestDatabase
  #outage: Promise<void> = Promise.resolve()
  readonly #server: DatabaseServer

  static async start(kind: SqlKind): Promise<SqlTrialTarget> {
    const server = kind === 'postgres' ? await startPostgres() : await startMariadb()
    const database = await server.createDatabase()
    for (const table of TABLES) await database.query(table)
    return new SqlTrialTarget(kind, server, database)
  }

  private constructor(kind: SqlKind, server: DatabaseServer, database: TestDatabase) {
    this.#server = server
    this.#database = database
    this.address = { kind, jdbcUrl: database.jdbcUrl }
  }

  async count(): Promise<number> {
    const [row] = await this.#query('SELECT count(*) AS c FROM events')
    return Number(row?.['c'])
  }

  async isComplete(fed: readonly FedRecord[]): Promise<boolean> {
    const [row] = await this.#query('SELECT sum(n) AS s FROM latest')
    return Number(row?.['s']) === sumOfLatest(fed)
  }

  async compare(fed: readonly FedRecord[]): Promise<Findings> {
    const findings = compareArrivals(fed, await this.#rows('events'), { ordered: false })
    const problems = [...findings.problems, ...compareLatest(fed, await this.#rows('latest'))]
    return { ...findings, problems }
  }

  summary(): string {
    return 'one table by insert, one by upsert'
  }

  async outage(awayMs: number): Promise<void> {
    this.#outage = this.#crash(awayMs)
    await this.#outage
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  async #crash(awayMs: number): Promise<void> {
    await this.#server.crash()
    await sleep(awayMs)
    await this.#server.restart()
  }

  /** A question that an outage comes across is asked again after it. */
  async #query(sql: string): Promise<readonly Row[]> {
    await this.#outage
    const before = this.#outage
    try {
      return await this.#database.query(sql)
    } catch (error) {
      if (this.#outage === before) throw error
      return this.#query(sql)
    }
  }

  async #rows(table: string): Promise<readonly Arrived[]> {
    const rows = await this.#query(`SELECT n, k, txt FROM ${table}`)
    return rows.map(({ n, k, txt }) => ({ n: Number(n), key: String(k), text: String(txt) }))
  }
}
