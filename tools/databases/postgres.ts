import { join } from 'node:path'
import { Client } from 'pg'
import type { DatabaseEngine, ServerOptions, ServerPlace } from './database-engine.ts'
import { hostAt, type Row, type SqlAccess } from './database-host.ts'
import { serverOf, type DatabaseServer } from './database-server.ts'
import { launch } from './launch.ts'
import { ensurePostgres, type PostgresPrograms } from './postgres-programs.ts'
import { serverUser } from './server-user.ts'

const USER = 'millrace'
const PASSWORD = 'millrace'
const PASSWORD_FILE = 'password'
const CONNECT_TIMEOUT_MS = 5_000

const urlAt = (port: number): string =>
  `postgresql://${USER}:${PASSWORD}@127.0.0.1:${String(port)}/postgres`

async function query(url: string, sql: string): Promise<readonly Row[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  // A connection that breaks says so here as well, and without a listener that ends the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

export const POSTGRES_ACCESS: SqlAccess = {
  protocol: 'postgresql',
  defaultPort: 5432,
  query,
  create: (name) => `CREATE DATABASE "${name}"`,
  drop: (name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`,
}

function settingsOf(
  { port, tls }: ServerPlace,
  { isDurable = false, settings = {} }: ServerOptions,
): string[] {
  const all: Readonly<Record<string, string>> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // A socket in a long temporary path would be refused, and nobody needs one.
    unix_socket_directories: '',
    // In the data folder: what a killed server leaves in /dev/shm, nobody would remove.
    dynamic_shared_memory_type: 'mmap',
    ...(isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...(tls !== undefined && { ssl: 'on', ssl_cert_file: tls.cert, ssl_key_file: tls.key }),
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function engineOf({ folder, version }: PostgresPrograms): DatabaseEngine {
  return {
    name: 'PostgreSQL',
    key: 'postgres',
    version,
    // Debian's package makes the first; PostgreSQL accepts any user that has a name.
    user: serverUser(['postgres', 'nobody']),
    signals: { fast: 'SIGINT', immediate: 'SIGQUIT' },
    files: { [PASSWORD_FILE]: PASSWORD },
    initialise: (data, scratch) => [
      join(folder, 'initdb'),
      `--pgdata=${data}`,
      `--username=${USER}`,
      `--pwfile=${join(scratch, PASSWORD_FILE)}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    serve: (place, options) => [
      join(folder, 'postgres'),
      '-D',
      place.data,
      ...settingsOf(place, options),
    ],
    ping: (port) => query(urlAt(port), 'SELECT 1'),
  }
}

/**
 * Starts a PostgreSQL server of this process's own, in less than half a second once its data folder
 * is in the cache. Its user may do everything, and must give the password.
 * @throws StepError when there is no PostgreSQL, or it does not come up.
 */
export async function startPostgres(options: ServerOptions = {}): Promise<DatabaseServer> {
  const programs = await ensurePostgres()
  const control = await launch(engineOf(programs), options)
  return serverOf(control, hostAt(POSTGRES_ACCESS, urlAt(control.port)), programs.version)
}
