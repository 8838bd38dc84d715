import { FaultProxy } from '@millrace/testing'
import {
  type DatabaseServer,
  type ServerOptions,
  startMariadb,
  startPostgres,
  type TestDatabase,
  whyNoMariadb,
  whyNoPostgres,
} from '@millrace/tools/databases'
import { createCertificate } from '@millrace/tools/tls'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { failure } from './behaviour-tables.testkit.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'
import { SinkBench } from './sink-bench.testkit.ts'
import { jdbcUrlThrough } from './server-database.testkit.ts'
import { freshTable } from './tested-database.testkit.ts'

type Properties = Readonly<Record<string, string>>

/** What differs between the servers. */
interface Kind {
  readonly skip: string | false
  readonly start: (options?: ServerOptions) => Promise<DatabaseServer>
  readonly verified: Properties
  readonly ofAnyName: Properties
  readonly unverified: Properties
  /** The property with the file of the authority. */
  readonly authority: string
  /** A user that the database lets in with TLS only; PostgreSQL has none, but tells who came how. */
  readonly user?: Properties
}

const USER = { user: 'only_with_tls', password: 'secret' }

const KINDS: Readonly<Record<string, Kind>> = {
  PostgreSQL: {
    skip: await whyNoPostgres({ own: true }),
    start: startPostgres,
    verified: { sslmode: 'verify-full' },
    ofAnyName: { sslmode: 'verify-ca' },
    unverified: { sslmode: 'require' },
    authority: 'sslrootcert',
  },
  MariaDB: {
    skip: await whyNoMariadb({ own: true }),
    start: startMariadb,
    verified: { sslMode: 'VERIFY_IDENTITY' },
    ofAnyName: { sslMode: 'VERIFY_CA' },
    unverified: { sslMode: 'REQUIRED' },
    authority: 'serverSslCert',
    user: USER,
  },
}

const authority = createCertificate({ name: 'Authority' })
const certificateOf = (name: string): ServerOptions => ({
  certificate: createCertificate({ name: 'server', issuer: authority, names: [name] }),
})

const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
const authorityFile = join(folder, 'authority.pem')
writeFileSync(authorityFile, authority.cert)
after(() => {
  rmSync(folder, { recursive: true })
})

/** By a name, as certificates have it. */
function urlOf({ jdbcUrl }: { readonly jdbcUrl: string }, properties: Properties): string {
  const url = new URL(jdbcUrl.replace('jdbc:', ''))
  url.hostname = 'localhost'
  for (const [name, value] of Object.entries(properties)) url.searchParams.set(name, value)
  return `jdbc:${url.href}`
}

type Options = JdbcSinkOptions<unknown, unknown>

const optionsOf = (connectionUrl: string, tls?: Options['tls']): Options => ({
  connectionUrl,
  table: freshTable(),
  autoCreate: true,
  schema: { n: 'int' },
  ...(tls !== undefined && { tls }),
})

async function databaseOf({ user }: Kind, server: DatabaseServer): Promise<TestDatabase> {
  const database = await server.createDatabase()
  if (user !== undefined) {
    await server.query(`CREATE OR REPLACE USER ${USER.user} IDENTIFIED BY '${USER.password}' REQUIRE SSL`) // prettier-ignore
    await server.query(`GRANT ALL ON ${database.database}.* TO ${USER.user}`)
  }
  return database
}

async function assertEncrypted({ user }: Kind, database: TestDatabase): Promise<void> {
  if (user !== undefined) return // It could not have come otherwise.
  const rows = await database.query(
    `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
     WHERE application_name = 'millrace' AND datname = current_database()`,
  )
  assert.deepEqual([...new Set(rows.map(({ ssl }) => ssl))], [true])
}

for (const [name, kind] of Object.entries(KINDS)) {
  const { skip, start, verified, ofAnyName, unverified, authority: file, user = {} } = kind

  describe(`${name} with TLS`, { skip }, async () => {
    if (skip !== false) return
    const servers = await Promise.all([
      start(certificateOf('localhost')),
      start(certificateOf('other.test')),
    ])
    after(() => Promise.all(servers.map((server) => server.stop())))
    const [database, misnamed] = await Promise.all(servers.map((it) => databaseOf(kind, it)))
    assert.ok(database && misnamed)

    const assertWrites = async (options: Options, into = database): Promise<void> => {
      const bench = await SinkBench.open(options)
      try {
        assert.deepEqual(await bench.write([1, { n: 1 }], [2, { n: 2 }]), [])
        await assertEncrypted(kind, into)
      } finally {
        await bench.close()
      }
      assert.equal((await into.query(`SELECT n FROM ${options.table ?? ''}`)).length, 2)
    }
    const assertUntrusted = async (options: Options, cause: RegExp): Promise<void> => {
      const error = await failure('MR_SINK_FAILED', SinkBench.open(options))
      const { host, pathname } = new URL(options.connectionUrl.replace('jdbc:', ''))
      assert.equal(error.message, `${name} at ${host}${pathname}: no trusted connection`)
      assert.match(String(error.cause), cause)
    }

    test('a server is trusted whose authority the URL names', async () => {
      await assertWrites(optionsOf(urlOf(database, { ...user, ...verified, [file]: authorityFile }))) // prettier-ignore
    })

    test('a server is trusted whose authority is in tls', async () => {
      await assertWrites(optionsOf(urlOf(database, user), { ca: authority.cert }))
    })

    test('a server that nobody vouches for is trusted where the URL says so, and else not', async () => {
      await assertWrites(optionsOf(urlOf(database, { ...user, ...unverified })))
      for (const properties of [verified, ofAnyName]) {
        await assertUntrusted(optionsOf(urlOf(database, properties)), /unable to verify/)
      }
    })

    test('a server of another name is trusted where the URL says so, and else not', async () => {
      const anyName = urlOf(misnamed, { ...user, ...ofAnyName, [file]: authorityFile })
      await assertWrites(optionsOf(anyName), misnamed)
      const named = urlOf(misnamed, { ...verified, [file]: authorityFile })
      await assertUntrusted(optionsOf(named), /altnames/)
      const withTls = optionsOf(urlOf(misnamed, {}), { ca: authority.cert })
      await assertUntrusted(withTls, /altnames/)
    })

    test('a connection that breaks in the handshake may be tried again', async () => {
      const proxy = await FaultProxy.start({ port: database.port })
      const clientHello = Buffer.of(0x16, 0x03, 0x01)
      const cut = proxy.intercept({ direction: 'to-target', match: clientHello, then: 'cut' })
      try {
        const through = new URL(jdbcUrlThrough(database, proxy).replace('jdbc:', ''))
        for (const [key, value] of Object.entries(unverified)) through.searchParams.set(key, value)
        const options = optionsOf(`jdbc:${through.href}`)
        await failure('MR_SINK_UNAVAILABLE', SinkBench.open(options))
        await cut.reached
        await assertWrites(options)
      } finally {
        await proxy.close()
      }
    })

    test('a server without TLS gets no records that are to go through it', async () => {
      const plain = await start()
      try {
        const options = optionsOf(urlOf(plain, unverified))
        await assertUntrusted(options, /does not support (SSL|secure) connection/)
      } finally {
        await plain.stop()
      }
    })
  })
}
