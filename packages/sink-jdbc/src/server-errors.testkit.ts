import { MillraceError } from '@millrace/core'
import type { TestDatabase } from '@millrace/tools/databases'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { failure } from './behaviour-tables.testkit.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { SinkBench } from './sink-bench.testkit.ts'
import { freshTable } from './tested-database.testkit.ts'

type Options = JdbcSinkOptions<unknown, unknown>

/** What a server refuses, and what it says when it is not there. */
export function testServerErrors(database: TestDatabase, name: string): void {
  const { host, port } = database
  const options = (connectionUrl: string): Options => ({
    connectionUrl,
    table: freshTable(),
    autoCreate: true,
    schema: { n: 'int' },
  })
  const url = (change: (url: URL) => void): string => {
    const parsed = new URL(database.jdbcUrl.replace('jdbc:', ''))
    change(parsed)
    return `jdbc:${parsed.href}`
  }

  describe(`${name}: a server that refuses`, () => {
    test('a password fails, says where and as whom, and shows no password', async () => {
      const wrong = url(({ searchParams }) => {
        searchParams.set('password', 's3cret')
      })
      const error = await failure('MR_SINK_FAILED', SinkBench.open(options(wrong)))
      assert.equal(
        error.message,
        `${name} at ${host}:${port}/${database.database} refuses what was asked by ${database.user}`,
      )
      assert.equal(error.hint, 'Check connectionUser and connectionPassword.')
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes('s3cret'))
    })

    test('a database fails', async () => {
      const wrong = url((parsed) => (parsed.pathname = '/nowhere'))
      const error = await failure('MR_SINK_FAILED', SinkBench.open(options(wrong)))
      assert.match(error.hint ?? '', /^Create the database/)
    })

    test('a connection may be tried again', async () => {
      const wrong = url((parsed) => (parsed.port = '1'))
      const error = await failure('MR_SINK_UNAVAILABLE', SinkBench.open(options(wrong)))
      assert.equal(error.message, `${name} at ${host}:1/${database.database} does not answer`)
      assert.ok(MillraceError.is(error) && error.action === 'retry')
    })
  })

  describe(`${name}: without the right to create tables`, () => {
    // The server may be one that runs on, and has those of earlier runs.
    const user = `reader_${randomBytes(6).toString('hex')}`
    const asReader = url(({ searchParams }) => {
      searchParams.set('user', user)
      searchParams.set('password', 'reader')
    })
    const grants =
      name === 'PostgreSQL'
        ? [
            `CREATE USER ${user} PASSWORD 'reader'`,
            `REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
            `CREATE TABLE rows_of_reader (n int)`,
            `GRANT ALL ON rows_of_reader TO ${user}`,
          ]
        : [
            `CREATE USER ${user} IDENTIFIED BY 'reader'`,
            `CREATE TABLE rows_of_reader (n int)`,
            `GRANT SELECT, INSERT, UPDATE, DELETE ON ${database.database}.* TO ${user}`,
          ]
    const exactlyOnce: Options = {
      ...options(asReader),
      autoCreate: false,
      table: 'rows_of_reader',
    }

    test('the table of positions fails with its statement, after which the sink writes', async () => {
      for (const grant of grants) await database.query(grant)
      const offsetTable = freshTable()
      const mine = { ...exactlyOnce, offsetTable }
      const error = await failure('MR_SINK_FAILED', SinkBench.open(mine))
      assert.equal(error.message, 'The table of positions cannot be created')
      const sql = /run: (CREATE TABLE.*), or set deliveryGuarantee/.exec(error.hint ?? '')?.[1]
      assert.ok(sql, error.hint)
      await database.query(sql)
      if (name === 'PostgreSQL') {
        await database.query(`GRANT SELECT, INSERT, UPDATE ON ${offsetTable} TO ${user}`)
      }
      const bench = await SinkBench.open(mine)
      assert.deepEqual(await bench.write([null, { n: 1 }]), [])
      await bench.close()
    })

    test('autoCreate fails with the right that is missing', async () => {
      const mine: Options = {
        ...options(asReader),
        deliveryGuarantee: 'idempotent',
        insertMode: 'ignore',
        pkMode: 'kafka',
      }
      const error = await failure('MR_SINK_FAILED', SinkBench.open(mine))
      assert.match(error.hint ?? '', /^Grant the user the right/)
      assert.ok(error.cause instanceof Error)
    })
  })
}
