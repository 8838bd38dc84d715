import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { SinkBench, writeOnce } from './sink-bench.testkit.ts'
import { freshTable, isMysql, type TestedDatabase } from './tested-database.testkit.ts'

type Options = JdbcSinkOptions<unknown, unknown>

/** Asserts that a call fails with a code, and returns what the message and the hint say. */
export async function failure(
  code: Parameters<typeof MillraceError.is>[1],
  call: Promise<unknown>,
): Promise<MillraceError> {
  try {
    await call
  } catch (error) {
    if (MillraceError.is(error, code)) return error
    throw error
  }
  return assert.fail('it did not fail')
}

interface Helpers {
  readonly base: (table: string) => Options
  readonly quote: (name: string) => string
  readonly create: (table: string, columns: string) => Promise<void>
  /** Runs the statement in a hint, as it stands. */
  readonly runHint: (error: MillraceError) => Promise<void>
}

function helpers(database: TestedDatabase): Helpers {
  const base = (table: string): Options => ({
    connectionUrl: database.jdbcUrl,
    table,
    schema: { id: 'text', n: 'int' },
    pkMode: 'recordKey',
    pkFields: ['id'],
    insertMode: 'upsert',
  })
  const quote = (name: string): string => (isMysql(database) ? `\`${name}\`` : `"${name}"`)
  const create = async (table: string, columns: string): Promise<void> => {
    await database.query(`CREATE TABLE ${table} (${columns})`)
  }
  const runHint = async (error: MillraceError): Promise<void> => {
    const sql = /[Rr]un: (.*?)(?:, or set \w+\.)?$/.exec(error.hint ?? '')?.[1]
    assert.ok(sql, error.hint)
    await database.query(sql)
  }
  return { base, quote, create, runHint }
}

/** Tables that are missing, lack something, or change. */
export function testTables(database: TestedDatabase): void {
  testMissing(database)
  testNames(database)
  testChanges(database)
}

function testMissing(database: TestedDatabase): void {
  const { base, create, quote, runHint } = helpers(database)

  describe(`${database.name}: tables`, () => {
    test('that are missing fail with a statement that creates them', async () => {
      const table = freshTable()
      const error = await failure('MR_SINK_FAILED', SinkBench.open(base(table)))
      assert.equal(error.message, `There is no table ${quote(table)}`)
      assert.deepEqual(error.at, { table })
      await runHint(error)
      assert.deepEqual(await writeOnce(base(table), ['a', { n: 1 }]), [])
    })

    test('that lack a column fail with a statement that adds it', async () => {
      const table = freshTable()
      await create(table, 'id varchar(20) PRIMARY KEY')
      const error = await failure('MR_SINK_FAILED', SinkBench.open(base(table)))
      assert.match(error.message, /has no column n$/)
      await runHint(error)
      assert.deepEqual(await writeOnce(base(table), ['a', { n: 1 }]), [])
    })

    test('get nullable columns with autoEvolve, and keep their rows', async () => {
      const table = freshTable()
      await create(table, 'id varchar(20) PRIMARY KEY')
      await database.query(`INSERT INTO ${table} (id) VALUES ('old')`)
      await writeOnce({ ...base(table), autoEvolve: true }, ['a', { n: 1 }])
      const rows = await database.query(`SELECT id, n FROM ${table} ORDER BY id`)
      assert.deepEqual(
        rows.map((row) => [row['id'], row['n'] === null ? null : Number(row['n'])]),
        [
          ['a', 1],
          ['old', null],
        ],
      )
    })

    test('get no columns that are not nullable', async () => {
      const table = freshTable()
      await create(table, 'id varchar(20) PRIMARY KEY')
      const options: Options = {
        ...base(table),
        autoEvolve: true,
        schema: { id: 'text', n: { type: 'int', nullable: false } },
      }
      const error = await failure('MR_SINK_FAILED', SinkBench.open(options))
      assert.match(
        error.hint ?? '',
        /^autoEvolve adds nullable columns only\. Run: ALTER TABLE .* ADD COLUMN .n. INT(EGER)?$/i,
      )
    })

    test('whose column is of another type fail with what to do', async () => {
      const table = freshTable()
      const type = database.kind === 'sqlite' ? 'BLOB NOT NULL' : 'date'
      await create(table, `id varchar(20) PRIMARY KEY, n ${type}`)
      const schema: Options['schema'] =
        database.kind === 'sqlite' ? { id: 'bytes', n: 'int' } : { id: 'text', n: 'int' }
      const error = await failure('MR_SINK_FAILED', SinkBench.open({ ...base(table), schema }))
      assert.match(
        error.message,
        /^Column (n|id) of .* is .*, which does not hold what schema declares$/,
      )
      assert.equal(error.at['table'], table)
    })

    test('whose decimals have fewer digits fail, and round nothing', async () => {
      if (database.kind === 'sqlite') return
      const table = freshTable()
      await create(table, 'id varchar(20) PRIMARY KEY, n decimal(10,2)')
      const options: Options = { ...base(table), schema: { id: 'text', n: 'decimal(10,4)' } }
      const error = await failure('MR_SINK_FAILED', SinkBench.open(options))
      assert.match(error.message, /is (numeric|decimal)\(10,2\), which does not hold/)
      await runHint(error)
      assert.deepEqual(await writeOnce(options, ['a', { n: '1.2345' }]), [])
    })

    test('that need a column which is not written fail', async () => {
      const table = freshTable()
      await create(
        table,
        'id varchar(20) PRIMARY KEY, n int, need int NOT NULL, has int NOT NULL DEFAULT 3',
      )
      const error = await failure('MR_SINK_FAILED', SinkBench.open(base(table)))
      assert.match(
        error.message,
        /^Column need of .* takes no null, has no default, and is not in schema$/,
      )
    })
  })
}

function testNames(database: TestedDatabase): void {
  const { base, create, quote, runHint } = helpers(database)

  describe(`${database.name}: keys and names of tables`, () => {
    test('without the key that upsert rests on fail with a statement that adds it', async () => {
      const table = freshTable()
      await create(table, 'id varchar(20) NOT NULL, n int')
      const error = await failure('MR_SINK_FAILED', SinkBench.open(base(table)))
      assert.match(error.message, /has no primary or unique key of id$/)
      await runHint(error)
      assert.deepEqual(await writeOnce(base(table), ['a', { n: 1 }], ['a', { n: 2 }]), [])
    })

    test('are matched without regard to case, and so are their columns', async () => {
      const table = freshTable()
      const upper = table.toUpperCase()
      await create(quote(upper), `${quote('ID')} varchar(20) PRIMARY KEY, ${quote('N')} int`)
      assert.deepEqual(await writeOnce(base(table), ['a', { n: 1 }]), [])
      const [row] = await database.query(`SELECT * FROM ${quote(upper)}`)
      assert.deepEqual(Object.keys(row ?? {}), ['ID', 'N'])
    })

    test('have any name', async () => {
      const table = `odd "name' \`${freshTable()}`
      const options: Options = {
        ...base(table),
        autoCreate: true,
        schema: { 'a "key`': 'text', select: 'int' },
        pkFields: ['a "key`'],
      }
      assert.deepEqual(await writeOnce(options, ['a', { select: 1 }]), [])
      assert.deepEqual(await writeOnce(options, ['a', { select: 2 }]), [])
    })

    test('that are created by several processes at once are created once', async () => {
      const options: Options = { ...base(freshTable()), autoCreate: true }
      const opened = await Promise.all(
        Array.from({ length: 6 }, (_, partition) => SinkBench.open(options, 'app-many', partition)),
      )
      assert.equal(opened.length, 6)
      for (const bench of opened) await bench.close()
    })

    test('are those of the topic, by the format of their names', async () => {
      const suffix = freshTable()
      const { table: none, ...options } = base('')
      assert.equal(none, '')
      await writeOnce({ ...options, tableNameFormat: `\${topic}_${suffix}`, autoCreate: true }, [
        'a',
        { n: 1 },
      ])
      assert.equal((await database.query(`SELECT * FROM orders_${suffix}`)).length, 1)
    })
  })
}

function testChanges(database: TestedDatabase): void {
  const { base, create } = helpers(database)

  describe(`${database.name}: tables that change while they are written`, () => {
    const opened = async (table: string, more: Partial<Options> = {}): Promise<SinkBench> => {
      const bench = await SinkBench.open({ ...base(table), autoCreate: true, ...more })
      await bench.write(['a', { n: 1 }])
      return bench
    }

    test('a column that is added changes nothing', async () => {
      const table = freshTable()
      const bench = await opened(table)
      await database.query(`ALTER TABLE ${table} ADD COLUMN more int`)
      assert.deepEqual(await bench.write(['b', { n: 2 }]), [])
      await bench.close()
      assert.equal((await database.query(`SELECT * FROM ${table}`)).length, 2)
    })

    test('a column that is renamed fails with the statement, and nothing is lost', async () => {
      const table = freshTable()
      const bench = await opened(table)
      await database.query(`ALTER TABLE ${table} RENAME COLUMN n TO m`)
      const error = await failure('MR_SINK_FAILED', bench.write(['b', { n: 2 }]))
      assert.match(error.message, /has no column n$/)
      assert.equal((await database.query(`SELECT * FROM ${table}`)).length, 1)
      await database.query(`ALTER TABLE ${table} RENAME COLUMN m TO n`)
      assert.deepEqual(await bench.write(['b', { n: 2 }]), [])
      await bench.close()
      assert.equal((await database.query(`SELECT * FROM ${table}`)).length, 2)
    })

    test('a column that is dropped comes back with autoEvolve', async () => {
      const table = freshTable()
      const bench = await opened(table, { autoEvolve: true })
      await database.query(`ALTER TABLE ${table} DROP COLUMN n`)
      assert.deepEqual(await bench.write(['b', { n: 2 }]), [])
      await bench.close()
      const [row] = await database.query(`SELECT n FROM ${table} WHERE id = 'b'`)
      assert.equal(String(row?.['n']), '2')
    })

    test('a table that is dropped comes back with autoCreate', async () => {
      const table = freshTable()
      const bench = await opened(table)
      await database.query(`DROP TABLE ${table}`)
      assert.deepEqual(await bench.write(['b', { n: 2 }]), [])
      await bench.close()
      assert.equal((await database.query(`SELECT * FROM ${table}`)).length, 1)
    })

    test('a column that becomes wider takes what it could not before', async () => {
      if (database.kind === 'sqlite') return
      const table = freshTable()
      await create(table, 'id varchar(20) PRIMARY KEY, n smallint')
      const bench = await SinkBench.open(base(table))
      const [narrow] = await bench.write(['a', { n: 100_000 }])
      assert.equal(narrow?.error.code, 'MR_SINK_REJECTED')
      await database.query(
        database.kind === 'postgresql'
          ? `ALTER TABLE ${table} ALTER COLUMN n TYPE integer`
          : `ALTER TABLE ${table} MODIFY COLUMN n int`,
      )
      assert.deepEqual(await bench.write(['a', { n: 100_000 }]), [])
      await bench.close()
    })

    test('a column of a type that does not fit any more fails, and rejects no record', async () => {
      if (database.kind === 'sqlite') return
      const table = freshTable()
      const bench = await opened(table)
      await database.query(`UPDATE ${table} SET n = NULL`)
      await database.query(
        database.kind === 'postgresql'
          ? `ALTER TABLE ${table} ALTER COLUMN n TYPE date USING NULL`
          : `ALTER TABLE ${table} MODIFY COLUMN n date`,
      )
      const error = await failure('MR_SINK_FAILED', bench.write(['b', { n: 2 }]))
      assert.match(
        error.message,
        /^Column n of .* is date, which does not hold what schema declares$/,
      )
      await bench.close()
    })
  })
}
