import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  startMariadb,
  startPostgres,
  useMariadb,
  usePostgres,
  whyNoMariadb,
  whyNoPostgres,
  type DatabaseServer,
  type UsedHost,
} from './index.ts'

interface Kind {
  readonly variable: string
  readonly start: () => Promise<DatabaseServer>
  readonly use: () => Promise<UsedHost>
  readonly why: (need?: { own: boolean }) => Promise<string | false>
}

const KINDS: readonly Kind[] = [
  {
    variable: 'MILLRACE_TEST_POSTGRES_URL',
    start: startPostgres,
    use: usePostgres,
    why: whyNoPostgres,
  },
  {
    variable: 'MILLRACE_TEST_MARIADB_URL',
    start: startMariadb,
    use: useMariadb,
    why: whyNoMariadb,
  },
]

for (const { variable, start, use, why } of KINDS) {
  const before = process.env[variable]
  const restore = (): void => {
    if (before === undefined) Reflect.deleteProperty(process.env, variable)
    else process.env[variable] = before
  }

  describe(variable, { skip: await why({ own: true }) }, () => {
    test('names a server that is used and not stopped', async () => {
      const server = await start()
      after(() => server.stop())
      after(restore)
      process.env[variable] = server.url
      assert.equal(await why(), false)

      const host = await use()
      assert.equal(host.port, server.port)
      const database = await host.createDatabase()
      await database.query('CREATE TABLE t (a int)')
      assert.deepEqual(await database.query('SELECT a FROM t'), [])
      await host.stop()
      await database.query('INSERT INTO t VALUES (1)')
    })

    test('is not needed', async () => {
      after(restore)
      Reflect.deleteProperty(process.env, variable)
      const host = await use()
      assert.deepEqual(await host.query('SELECT 1 AS one'), [{ one: 1 }])
      await host.stop()
      await assert.rejects(host.query('SELECT 1'), { code: 'ECONNREFUSED' })
    })
  })
}
