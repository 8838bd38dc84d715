import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Arrived, compareArrivals, compareLatest, sumOfLatest } from '../compare.ts'
import type { FedRecord } from '../records.ts'
import type { Findings, TargetAddress, TrialTarget } from './trial-target.ts'

/** The same two tables in a file. */
export class SqliteTrialTarget implements TrialTarget {
  readonly address: TargetAddress
  readonly #folder: string
  readonly #database: DatabaseSync

  static async start(): Promise<SqliteTrialTarget> {
    return new SqliteTrialTarget(await mkdtemp(join(tmpdir(), 'millrace-trial-')))
  }

  private constructor(folder: string) {
    this.#folder = folder
    const file = join(folder, 'target.db')
    this.#database = new DatabaseSync(file)
    this.#database.exec('PRAGMA journal_mode = WAL')
    this.#database.exec(
      'CREATE TABLE events (n INTEGER NOT NULL, k TEXT NOT NULL, txt TEXT NOT NULL)',
    )
    this.#database.exec(
      'CREATE TABLE latest (k TEXT PRIMARY KEY, n INTEGER NOT NULL, txt TEXT NOT NULL)',
    )
    this.address = { kind: 'sqlite', jdbcUrl: `jdbc:sqlite:${file}` }
  }

  count(): Promise<number> {
    const row = this.#database.prepare('SELECT count(*) AS c FROM events').get()
    return Promise.resolve(Number(row?.['c']))
  }

  isComplete(fed: readonly FedRecord[]): Promise<boolean> {
    const row = this.#database.prepare('SELECT sum(n) AS s FROM latest').get()
    return Promise.resolve(Number(row?.['s']) === sumOfLatest(fed))
  }

  compare(fed: readonly FedRecord[]): Promise<Findings> {
    const findings = compareArrivals(fed, this.#rows('events'), { ordered: false })
    const problems = [...findings.problems, ...compareLatest(fed, this.#rows('latest'))]
    return Promise.resolve({ ...findings, problems })
  }

  summary(): string {
    return 'one table by insert, one by upsert'
  }

  async stop(): Promise<void> {
    this.#database.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #rows(table: string): readonly Arrived[] {
    const rows = this.#database.prepare(`SELECT n, k, txt FROM ${table}`).all()
    return rows.map(({ n, k, txt }) => ({ n: Number(n), key: String(k), text: String(txt) }))
  }
}
