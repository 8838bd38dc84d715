import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { type GivenRecord, SinkBench, writeOnce } from './sink-bench.testkit.ts'
import { freshTable, isMysql, type TestedDatabase } from './tested-database.testkit.ts'

type Options = JdbcSinkOptions<unknown, unknown>

interface Helpers {
  readonly base: (table: string) => Options
  readonly create: (more?: string) => Promise<string>
  readonly rowsOf: (table: string) => Promise<unknown[]>
}

const offsets = (rejected: readonly { readonly offset: number }[]): number[] =>
  rejected.map(({ offset }) => offset)

function helpers(database: TestedDatabase): Helpers {
  const base = (table: string): Options => ({
    connectionUrl: database.jdbcUrl,
    table,
    schema: { id: 'text', n: 'int', code: 'text' },
    pkMode: 'recordKey',
    pkFields: ['id'],
    insertMode: 'upsert',
    onTombstone: 'delete',
  })
  const create = async (more = ''): Promise<string> => {
    const table = freshTable()
    await database.query(
      `CREATE TABLE ${table} (id varchar(20) PRIMARY KEY, n int CHECK (n < 100), code varchar(20)${more})`,
    )
    return table
  }
  const rowsOf = async (table: string): Promise<unknown[]> =>
    (await database.query(`SELECT id, n FROM ${table} ORDER BY id`)).map((row) => [
      row['id'],
      Number(row['n']),
    ])
  return { base, create, rowsOf }
}

/** Records that the database refuses. */
export function testRejected(database: TestedDatabase): void {
  testRefusals(database)
  testConstraints(database)
}

function testRefusals(database: TestedDatabase): void {
  const { base, create, rowsOf } = helpers(database)

  describe(`${database.name}: rejected records`, () => {
    test('have the message of the database as their cause, and their place', async () => {
      const table = await create()
      const rejected = await writeOnce(
        base(table),
        ['a', { n: 1 }],
        ['b', { n: 100 }],
        ['c', { n: 2 }],
      )
      assert.deepEqual(offsets(rejected), [1])
      const [{ error } = assert.fail()] = rejected
      assert.equal(error.code, 'MR_SINK_REJECTED')
      assert.ok(error.cause instanceof Error)
      assert.match(error.cause.message, /check|CONSTRAINT/i)
      const { topic, partition, offset, ...more } = error.at
      assert.deepEqual({ topic, partition, offset }, { topic: 'orders', partition: 0, offset: 1 })
      assert.deepEqual(
        more,
        {
          postgresql: { sqlstate: '23514', constraint: `${table}_n_check` },
          mariadb: { sqlstate: '23000', errno: 4025 },
          mysql: { sqlstate: 'HY000', errno: 3819 },
          sqlite: { sqliteCode: 275 },
        }[database.kind],
      )
      assert.deepEqual(await rowsOf(table), [
        ['a', 1],
        ['c', 2],
      ])
    })

    test('may be many, anywhere in a large batch', async () => {
      const table = await create()
      const bad = new Set([0, 1, 250, 251, 499, 777, 999])
      const records = Array.from({ length: 1000 }, (_, i): GivenRecord => [
        `k${String(i).padStart(4, '0')}`,
        { n: bad.has(i) ? 100 : i % 100 },
      ])
      assert.deepEqual(offsets(await writeOnce(base(table), ...records)), [...bad])
      assert.equal((await rowsOf(table)).length, 993)
    })

    test('uncover the record before them of the same key', async () => {
      const table = await create()
      const rejected = await writeOnce(
        base(table),
        ['a', { n: 1 }],
        ['a', { n: 2 }],
        ['a', { n: 100 }],
        ['b', { n: 3 }],
        ['b', { n: 101 }],
        ['b', { n: 102 }],
        ['c', { n: 4 }],
        ['c', null],
        ['c', { n: 103 }],
      )
      assert.deepEqual(offsets(rejected), [2, 4, 5, 8])
      assert.deepEqual(await rowsOf(table), [
        ['a', 2],
        ['b', 3],
      ])
    })
  })
}

function testConstraints(database: TestedDatabase): void {
  const { base, create, rowsOf } = helpers(database)

  describe(`${database.name}: records that constraints refuse`, () => {
    test('of another unique column are the later ones, whatever their keys', async () => {
      if (isMysql(database)) return
      const table = await create(', UNIQUE (code)')
      const rejected = await writeOnce(
        base(table),
        ['z', { n: 1, code: 'same' }],
        ['a', { n: 2, code: 'same' }],
      )
      assert.deepEqual(offsets(rejected), [1])
      assert.deepEqual(await rowsOf(table), [['z', 1]])
    })

    test('of a foreign key are found, also for deletions', async () => {
      if (database.kind === 'sqlite') return
      const parent = await create()
      const child = freshTable()
      await database.query(
        `CREATE TABLE ${child} (id varchar(20) PRIMARY KEY, n int, code varchar(20), FOREIGN KEY (code) REFERENCES ${parent} (id))`,
      )
      await writeOnce(base(parent), ['p', { n: 1 }], ['q', { n: 1 }])
      const rejected = await writeOnce(
        base(child),
        ['a', { n: 1, code: 'p' }],
        ['b', { n: 1, code: 'nobody' }],
      )
      assert.deepEqual(offsets(rejected), [1])
      assert.deepEqual(offsets(await writeOnce(base(parent), ['p', null], ['q', null])), [2])
      assert.deepEqual(await rowsOf(parent), [['p', 1]])
    })

    test('are delivered before the rest is committed, and once', async () => {
      const table = await create()
      const bench = await SinkBench.open(base(table))
      const seen: number[] = []
      const [bad, good] = [
        ['a', { n: 100 }],
        ['b', { n: 1 }],
      ] as const
      const records = [bad, good].map(([key, value], offset) => ({
        topic: 'orders',
        partition: 0,
        offset,
        index: 0,
        timestampMs: 0,
        key,
        value,
        headers: [],
      }))
      await bench.writer.write(
        { topic: 'orders', partition: 0, from: 0, to: 2, firstOffset: 0, lastOffset: 1, records },
        {
          signal: new AbortController().signal,
          async reject({ offset }) {
            seen.push(offset)
            assert.equal((await rowsOf(table)).length, 0, 'the batch is committed already')
          },
        },
      )
      assert.deepEqual(seen, [0])
      assert.deepEqual(await rowsOf(table), [['b', 1]])
      await bench.close()
    })
  })
}
