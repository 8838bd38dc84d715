import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { SinkBench, writeOnce } from './sink-bench.testkit.ts'
import { type TestedDatabase, freshTable } from './tested-database.testkit.ts'

type Options = JdbcSinkOptions<unknown, unknown>

const codes = (rejected: readonly { offset: number; error: { code: string } }[]): unknown[] =>
  rejected.map(({ offset, error }) => [offset, error.code])

interface Helpers {
  readonly base: (table: string) => Options
  /** Rows of a table with `id` and `n`. */
  readonly rowsOf: (table: string) => Promise<unknown[]>
}

function helpers(database: TestedDatabase): Helpers {
  return {
    base: (table) => ({
      connectionUrl: database.jdbcUrl,
      table,
      autoCreate: true,
      schema: { id: 'text', n: 'int' },
      pkMode: 'recordKey',
      pkFields: ['id'],
    }),
    rowsOf: async (table) =>
      (await database.query(`SELECT id, n FROM ${table} ORDER BY id`)).map((row) => [
        row['id'],
        row['n'] === null ? null : Number(row['n']),
      ]),
  }
}

/** Insert modes, primary keys, tombstones, columns. */
export function testModes(database: TestedDatabase): void {
  testInsertModes(database)
  testTombstones(database)
  testKeys(database)
  testColumns(database)
}

function testInsertModes(database: TestedDatabase): void {
  const { base, rowsOf } = helpers(database)

  describe(`${database.name}: modes`, () => {
    test('insert rejects a key that is there, also within a batch, and the first row stays', async () => {
      const table = freshTable()
      const bench = await SinkBench.open({ ...base(table), insertMode: 'insert' })
      await bench.write(['a', { n: 1 }])
      const rejected = await bench.write(['b', { n: 2 }], ['a', { n: 3 }], ['b', { n: 4 }])
      await bench.close()
      assert.deepEqual(codes(rejected), [
        [2, 'MR_SINK_REJECTED'],
        [3, 'MR_SINK_REJECTED'],
      ])
      assert.deepEqual(await rowsOf(table), [
        ['a', 1],
        ['b', 2],
      ])
    })

    test('upsert replaces, and leaves columns alone that it does not write', async () => {
      const table = freshTable()
      const options: Options = { ...base(table), insertMode: 'upsert' }
      await writeOnce({ ...options, schema: { ...options.schema, other: 'text' } }, [
        'a',
        { n: 1, other: 'kept' },
      ])
      await writeOnce(options, ['a', { n: 2 }], ['b', { n: 3 }], ['a', { n: 4 }])
      assert.deepEqual(await rowsOf(table), [
        ['a', 4],
        ['b', 3],
      ])
      const [row] = await database.query(`SELECT other FROM ${table} WHERE id = 'a'`)
      assert.equal(row?.['other'], 'kept')
    })

    test('upsert of keys alone adds them once', async () => {
      const table = freshTable()
      const options: Options = { ...base(table), insertMode: 'upsert', schema: { id: 'text' } }
      await writeOnce(options, ['a', {}], ['a', {}])
      await writeOnce(options, ['a', {}], ['b', {}])
      const rows = await database.query(`SELECT id FROM ${table} ORDER BY id`)
      assert.deepEqual(
        rows.map((row) => row['id']),
        ['a', 'b'],
      )
    })

    test('update changes what is there and adds nothing', async () => {
      const table = freshTable()
      await writeOnce({ ...base(table), insertMode: 'insert' }, ['a', { n: 1 }], ['b', { n: 1 }])
      const update: Options = { ...base(table), insertMode: 'update' }
      assert.deepEqual(await writeOnce(update, ['a', { n: 2 }], ['c', { n: 2 }]), [])
      assert.deepEqual(await rowsOf(table), [
        ['a', 2],
        ['b', 1],
      ])
    })

    test('ignore keeps the first row of a key', async () => {
      const table = freshTable()
      const options: Options = { ...base(table), insertMode: 'ignore' }
      await writeOnce(options, ['a', { n: 1 }], ['a', { n: 2 }])
      assert.deepEqual(await writeOnce(options, ['a', { n: 3 }], ['b', { n: 4 }]), [])
      assert.deepEqual(await rowsOf(table), [
        ['a', 1],
        ['b', 4],
      ])
    })

    test('ignore does not let through what does not fit', async () => {
      const table = freshTable()
      await writeOnce({ ...base(table), insertMode: 'ignore' }, ['a', { n: 1 }])
      const rejected = await writeOnce({ ...base(table), insertMode: 'ignore' }, [
        'b',
        { n: 2 ** 40 },
      ])
      assert.deepEqual(codes(rejected), [[1, 'MR_SINK_REJECTED']])
      assert.equal(rejected[0]?.error.at['column'], 'n')
    })
  })
}

function testTombstones(database: TestedDatabase): void {
  const { base, rowsOf } = helpers(database)

  describe(`${database.name}: tombstones`, () => {
    test('a tombstone deletes the row of its key, and what follows in the batch counts', async () => {
      const table = freshTable()
      const options: Options = { ...base(table), insertMode: 'upsert', onTombstone: 'delete' }
      await writeOnce(options, ['a', { n: 1 }], ['b', { n: 1 }], ['c', { n: 1 }])
      await writeOnce(
        options,
        ['a', null],
        ['b', null],
        ['b', { n: 2 }],
        ['d', { n: 3 }],
        ['d', null],
        ['x', null],
      )
      assert.deepEqual(await rowsOf(table), [
        ['b', 2],
        ['c', 1],
      ])
    })

    test('a tombstone is ignored, or rejected with what to do', async () => {
      const table = freshTable()
      const ignore: Options = { ...base(table), insertMode: 'upsert', onTombstone: 'ignore' }
      assert.deepEqual(await writeOnce(ignore, ['a', { n: 1 }], ['a', null]), [])
      const rejected = await writeOnce({ ...base(table), insertMode: 'upsert' }, ['a', null])
      assert.deepEqual(codes(rejected), [[2, 'MR_SINK_REJECTED']])
      assert.match(rejected[0]?.error.hint ?? '', /Set onTombstone to 'delete'/)
      assert.deepEqual(await rowsOf(table), [['a', 1]])
    })
  })
}

function testKeys(database: TestedDatabase): void {
  const { base, rowsOf } = helpers(database)

  describe(`${database.name}: primary keys`, () => {
    test('of coordinates tell records of one offset apart, and keep what was written', async () => {
      const table = freshTable()
      const options: Options = {
        connectionUrl: database.jdbcUrl,
        table,
        autoCreate: true,
        schema: { n: 'int' },
        pkMode: 'kafka',
        insertMode: 'ignore',
      }
      await writeOnce(options, ['a', { n: 1 }], ['a', { n: 2 }, { index: 1 }], ['b', { n: 3 }])
      const rows = await database.query(
        `SELECT kafka_topic, kafka_partition, kafka_offset, kafka_index, n FROM ${table} ORDER BY n`,
      )
      assert.deepEqual(
        rows.map((row) => Object.values(row).map(String)),
        [
          ['orders', '0', '0', '0', '1'],
          ['orders', '0', '0', '1', '2'],
          ['orders', '0', '1', '0', '3'],
        ],
      )
    })

    test('of several fields of the key', async () => {
      const table = freshTable()
      const options: Options = {
        connectionUrl: database.jdbcUrl,
        table,
        autoCreate: true,
        schema: { n: 'int', shop: 'text', nr: 'bigint' },
        pkMode: 'recordKey',
        pkFields: ['shop', 'nr'],
        insertMode: 'upsert',
        onTombstone: 'delete',
      }
      const big = 9007199254740993n
      await writeOnce(
        options,
        [{ shop: 'x', nr: big }, { n: 1 }],
        [{ shop: 'x', nr: big + 1n }, { n: 2 }],
        [{ shop: 'x', nr: big - 1n }, { n: 3 }],
        [{ shop: 'x', nr: big }, null],
      )
      const rows = await database.query(`SELECT nr, n FROM ${table} ORDER BY nr`)
      assert.deepEqual(
        rows.map((row) => Object.values(row).map(String)),
        [
          ['9007199254740992', '3'],
          ['9007199254740994', '2'],
        ],
      )
    })

    test('of the value, with values that are equal in the database', async () => {
      const table = freshTable()
      const options: Options = {
        connectionUrl: database.jdbcUrl,
        table,
        autoCreate: true,
        schema: { id: 'decimal(10,2)', n: 'int' },
        pkMode: 'recordValue',
        pkFields: ['id'],
        insertMode: 'upsert',
      }
      await writeOnce(
        options,
        [null, { id: '1.5', n: 1 }],
        [null, { id: '1.50', n: 2 }],
        [null, { id: 1.5, n: 3 }],
      )
      const rows = await database.query(`SELECT n FROM ${table}`)
      assert.deepEqual(
        rows.map((row) => Number(row['n'])),
        [3],
      )
    })

    test('that are null are rejected', async () => {
      const table = freshTable()
      const options: Options = { ...base(table), insertMode: 'upsert', onTombstone: 'delete' }
      const rejected = await writeOnce(options, [null, { n: 1 }], ['a', { n: 2 }], [null, null])
      assert.deepEqual(codes(rejected), [
        [0, 'MR_SINK_REJECTED'],
        [2, 'MR_SINK_REJECTED'],
      ])
      assert.deepEqual(await rowsOf(table), [['a', 2]])
    })

    test('that differ in case, or by spaces, are different rows in a created table', async () => {
      const table = freshTable()
      await writeOnce(
        { ...base(table), insertMode: 'upsert' },
        ['a', { n: 1 }],
        ['A', { n: 2 }],
        ['a ', { n: 3 }],
      )
      assert.equal((await rowsOf(table)).length, 3)
    })
  })
}

function testColumns(database: TestedDatabase): void {
  const { rowsOf } = helpers(database)

  describe(`${database.name}: columns`, () => {
    test('have other names, and values of functions', async () => {
      const table = freshTable()
      const options: Options = {
        connectionUrl: database.jdbcUrl,
        table,
        autoCreate: true,
        schema: {
          id: { type: 'text', value: ({ key, offset }) => `${String(key)}-${offset}` },
          amount: { type: 'int', column: 'n' },
        },
      }
      await writeOnce(options, ['a', { amount: 7 }], ['b', {}])
      assert.deepEqual(await rowsOf(table), [
        ['a-0', 7],
        ['b-1', null],
      ])
    })

    test('whose function throws reject the record, with the error as the cause', async () => {
      const table = freshTable()
      const boom = new Error('boom')
      const options: Options = {
        connectionUrl: database.jdbcUrl,
        table,
        autoCreate: true,
        schema: {
          id: {
            type: 'text',
            value: ({ key }) => {
              if (key === 'bad') throw boom
              return key
            },
          },
          n: 'int',
        },
      }
      const rejected = await writeOnce(options, ['a', { n: 1 }], ['bad', { n: 1 }])
      assert.deepEqual(codes(rejected), [[1, 'MR_SINK_REJECTED']])
      assert.equal(rejected[0]?.error.cause, boom)
      assert.deepEqual(await rowsOf(table), [['a', 1]])
    })
  })
}
