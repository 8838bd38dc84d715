import { FaultProxy } from '@millrace/testing'
import type { TestDatabase } from '@millrace/tools/databases'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { failure } from './behaviour-tables.testkit.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { type GivenRecord, SinkBench } from './sink-bench.testkit.ts'
import { jdbcUrlThrough } from './server-database.testkit.ts'
import { freshTable } from './tested-database.testkit.ts'

type Options = JdbcSinkOptions<unknown, unknown>

interface Helpers {
  readonly options: (table?: string) => Options & { readonly table: string }
  readonly countOf: (table: string) => Promise<number>
}

function helpers(database: TestDatabase): Helpers {
  return {
    options: (table = freshTable()) => ({
      connectionUrl: database.jdbcUrl,
      table,
      autoCreate: true,
      schema: { id: 'int', n: 'int' },
      pkMode: 'recordKey',
      pkFields: ['id'],
      insertMode: 'upsert',
    }),
    countOf: async (table) => (await database.query(`SELECT id FROM ${table}`)).length,
  }
}

/** Silence and deadlocks. */
export function testServerFaults(database: TestDatabase, name: string): void {
  const { options, countOf } = helpers(database)
  describe(`${name}: faults`, () => {
    test('a network that says nothing any more ends a write within requestTimeout', async () => {
      const proxy = await FaultProxy.start({ port: database.port })
      const bench = await SinkBench.open({
        ...options(),
        connectionUrl: jdbcUrlThrough(database, proxy),
        requestTimeout: '300 ms',
        connectTimeout: '1 second',
      })
      proxy.blackHole()
      const error = await failure('MR_SINK_UNAVAILABLE', bench.write([1, { n: 1 }]))
      assert.match(error.message, /does not answer$/)
      await proxy.resume()
      assert.deepEqual(await bench.write([1, { n: 1 }]), [])
      await bench.close()
      await proxy.close()
    })

    test('writers that lock rows of each other all end, and nothing is lost', async () => {
      const shared = options()
      const writers = await Promise.all(
        Array.from({ length: 4 }, (_, i) => SinkBench.open(shared, `app-${shared.table}`, i)),
      )
      const keys = Array.from({ length: 200 }, (_, i) => i)
      await Promise.all(
        writers.map(async (bench, i) => {
          for (let round = 0; round < 10; round++) {
            const records = keys.map((_, at): GivenRecord => [(at * 7 + i * 31) % 200, { n: i }])
            assert.deepEqual(await bench.write(...records), [])
          }
        }),
      )
      assert.equal(await countOf(shared.table), 200)
      for (const bench of writers) await bench.close()
    })

    test('a transaction that loses a deadlock is done again', async () => {
      if (name === 'PostgreSQL') {
        // The default is a second, which is how long each deadlock would last.
        await database.query(`ALTER DATABASE ${database.database} SET deadlock_timeout = '20ms'`)
      }
      const table = freshTable()
      const mine = options(table)
      const bench = await SinkBench.open(mine)
      // Of two transactions MariaDB gives up the one that changed fewer rows: the sink's is to be that one.
      await bench.write(...Array.from({ length: 50 }, (_, i): GivenRecord => [i + 1, { n: 0 }]))
      const state = { isDone: false }
      const other = (async () => {
        while (!state.isDone) {
          await database
            .query(
              name === 'PostgreSQL'
                ? `DO $$ BEGIN UPDATE ${table} SET n = 9 WHERE id > 1; PERFORM pg_sleep(0.02); UPDATE ${table} SET n = 9 WHERE id = 1; END $$`
                : `BEGIN NOT ATOMIC START TRANSACTION; UPDATE ${table} SET n = 9 WHERE id > 1; DO SLEEP(0.02); UPDATE ${table} SET n = 9 WHERE id = 1; COMMIT; END`,
            )
            .catch(() => undefined)
        }
      })()
      try {
        for (let round = 0; round < 20; round++) {
          assert.deepEqual(await bench.write([1, { n: round }], [2, { n: round }]), [])
          await delay(5)
        }
      } finally {
        state.isDone = true
        await other
      }
      await bench.write([1, { n: 1000 }], [2, { n: 1000 }])
      const rows = await database.query(`SELECT n FROM ${table} WHERE id <= 2`)
      assert.deepEqual(
        rows.map((row) => Number(row['n'])),
        [1000, 1000],
      )
      await bench.close()
    })
  })
}

/** Sessions: lost ones, and too few. */
export function testSessions(database: TestDatabase, name: string): void {
  const { options, countOf } = helpers(database)

  describe(`${name}: sessions`, () => {
    test('that the server ends while they are idle are replaced', async () => {
      const mine = options()
      const bench = await SinkBench.open(mine)
      await bench.write([1, { n: 1 }])
      await endSessions(database, name)
      // The loss may be seen only when the session is used.
      for (let attempt = 0; attempt < 3 && (await countOf(mine.table)) < 2; attempt++) {
        await bench.write([2, { n: 2 }]).catch((error: unknown) => {
          assert.equal((error as { code?: string }).code, 'MR_SINK_UNAVAILABLE')
        })
      }
      assert.equal(await countOf(mine.table), 2)
      await bench.close()
    })

    test('are waited for in turn by more writers than there are', async () => {
      const shared: Options & { table: string } = { ...options(), maxConnections: 2 }
      const bench = await SinkBench.open(shared)
      const signal = new AbortController().signal
      const writers = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          bench.sink.claim({ topic: 'many', partition: i, initialOffset: 0, signal }),
        ),
      )
      await Promise.all(
        writers.map((writer, partition) =>
          writer.write(
            {
              topic: 'many',
              partition,
              from: 0,
              to: 1,
              firstOffset: 0,
              lastOffset: 0,
              records: [
                {
                  topic: 'many',
                  partition,
                  offset: 0,
                  index: 0,
                  timestampMs: 0,
                  key: partition,
                  value: { n: 1 },
                  headers: [],
                },
              ],
            },
            { signal, reject: () => Promise.reject(new Error('nothing is to be rejected')) },
          ),
        ),
      )
      assert.equal(await countOf(shared.table), 6)
      await bench.close()
    })
  })
}

async function endSessions(database: TestDatabase, name: string): Promise<void> {
  if (name === 'PostgreSQL') {
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    return
  }
  const rows = await database.query(
    `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()`,
  )
  for (const row of rows) await database.query(`KILL ${String(row['id'])}`)
}
