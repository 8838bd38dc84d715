import {
  MillraceError,
  type Sink,
  type SinkBatch,
  type SinkClaim,
  type SinkWriter,
} from '@millrace/core'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** A record as it is in the file. */
export interface SqliteRow {
  readonly part: number
  readonly record_offset: number
  readonly record_key: string
  readonly record_value: string
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS rows (part int, record_offset int, record_key text, record_value text);
  CREATE TABLE IF NOT EXISTS positions (
    topic text, part int, epoch int NOT NULL, next_offset int NOT NULL, PRIMARY KEY (topic, part));
`

const CLAIM = `
  INSERT INTO positions VALUES (?, ?, 1, ?)
  ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch, next_offset AS next`

const MOVE = `
  UPDATE positions SET next_offset = ? WHERE topic = ? AND part = ? AND epoch = ? AND next_offset = ?`

const INSERT = 'INSERT INTO rows VALUES (?, ?, ?, ?)'

/** Between what a batch writes and its commit: long enough to be killed in. */
const BEFORE_COMMIT_MS = 2

function openFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA busy_timeout = 10000')
  return database
}

/** Appends records to a file that several processes write: rows and positions in one transaction. */
export class SqliteSink implements Sink<string, string> {
  readonly kind = 'sqlite'
  readonly capabilities = { tier: 'transactional' } as const
  readonly #path: string
  #database: DatabaseSync | undefined
  /** The connection has one transaction at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  async open(): Promise<void> {
    this.#database = openFile(this.#path)
    this.#database.exec(SCHEMA)
    await Promise.resolve()
  }

  claim({ topic, partition, initialOffset }: SinkClaim): Promise<SinkWriter<string, string>> {
    return this.#inTurn((database) => {
      const row = database.prepare(CLAIM).get(topic, partition, initialOffset)
      const epoch = Number(row?.['epoch'])
      return Promise.resolve({
        position: Number(row?.['next']),
        write: (batch: SinkBatch<string, string>) => this.#write(batch, epoch),
        close: () => Promise.resolve(),
      })
    })
  }

  async close(): Promise<void> {
    await this.#turn
    this.#database?.close()
    this.#database = undefined
  }

  #write(
    { topic, partition, from, to, records }: SinkBatch<string, string>,
    epoch: number,
  ): Promise<void> {
    return this.#inTurn(async (database) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const { changes } = database.prepare(MOVE).run(to, topic, partition, epoch, from)
        if (Number(changes) !== 1) throw new MillraceError('MR_SINK_FENCED', 'the position moved')
        const insert = database.prepare(INSERT)
        for (const { offset, key, value } of records) insert.run(partition, offset, key, value)
        await sleep(BEFORE_COMMIT_MS)
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #inTurn<T>(work: (database: DatabaseSync) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      if (this.#database === undefined) throw new TypeError('the file is not open')
      return work(this.#database)
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

/** What the file holds, in the order in which it was written. */
export function rowsIn(path: string): readonly SqliteRow[] {
  const database = openFile(path)
  try {
    database.exec(SCHEMA)
    return database.prepare('SELECT * FROM rows ORDER BY rowid').all() as unknown as SqliteRow[]
  } finally {
    database.close()
  }
}
