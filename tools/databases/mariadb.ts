import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { DatabaseEngine, ServerOptions, ServerPlace } from './database-engine.ts'
import { hostAt, type Row, type SqlAccess } from './database-host.ts'
import { serverOf, type DatabaseServer } from './database-server.ts'
import { launch } from './launch.ts'
import { ensureMariadb, type MariadbPrograms } from './mariadb-programs.ts'
import { serverUser } from './server-user.ts'

const USER = 'millrace'
const PASSWORD = 'millrace'
const CONNECT_TIMEOUT_MS = 5_000
const INIT_FILE = 'init.sql'

/** Run at each start: a line a statement, and none of them changes what is there already. */
const INIT_SQL = [
  `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';`,
  `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`,
  'CREATE DATABASE IF NOT EXISTS millrace;',
]

const urlAt = (port: number): string =>
  `mariadb://${USER}:${PASSWORD}@127.0.0.1:${String(port)}/millrace`

async function query(url: string, sql: string): Promise<readonly Row[]> {
  const connection = await createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS })
  connection.on('error', () => undefined)
  try {
    const [rows] = await connection.query(sql)
    // A statement without a result is answered with a header instead of a list of row objects.
    return Array.isArray(rows) ? (rows as Row[]) : []
  } finally {
    connection.destroy()
  }
}

export const MARIADB_ACCESS: SqlAccess = {
  protocol: 'mariadb',
  defaultPort: 3306,
  query,
  create: (name) => `CREATE DATABASE \`${name}\``,
  drop: (name) => `DROP DATABASE IF EXISTS \`${name}\``,
}

/** MySQL speaks as MariaDB does here. */
export const MYSQL_ACCESS: SqlAccess = { ...MARIADB_ACCESS, protocol: 'mysql' }

/** The log of InnoDB, which is filled with zeros at the first start: 96 MB by default. */
const LOG_FILE_SIZE = '--innodb-log-file-size=32M'

function argumentsOf(place: ServerPlace, options: ServerOptions): string[] {
  const settings = Object.entries(options.settings ?? {})
  return [
    '--no-defaults', // Those of the system are for the system's server. Must be the first.
    `--datadir=${place.data}`,
    `--port=${String(place.port)}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    `--socket=${join(place.folder, 'socket')}`,
    `--pid-file=${join(place.folder, 'pid')}`,
    `--init-file=${join(place.folder, INIT_FILE)}`,
    '--character-set-server=utf8mb4',
    LOG_FILE_SIZE,
    // 2: a commit is with the operating system, which survives SIGKILL, and on the disk within a second.
    `--innodb-flush-log-at-trx-commit=${options.isDurable === true ? '1' : '2'}`,
    ...(place.tls === undefined
      ? []
      : [`--ssl-cert=${place.tls.cert}`, `--ssl-key=${place.tls.key}`]),
    ...settings.map(([name, value]) => `--${name}=${value}`),
  ]
}

function engineOf({ server, install, version }: MariadbPrograms): DatabaseEngine {
  return {
    name: 'MariaDB',
    key: 'mariadb',
    version,
    user: serverUser(['mysql', 'nobody']),
    // It has no emergency exit of its own, and recovers from SIGKILL.
    signals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    files: { [INIT_FILE]: INIT_SQL.join('\n') },
    initialise: (data) => [
      install,
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
      LOG_FILE_SIZE,
    ],
    serve: (place, options) => [server, ...argumentsOf(place, options)],
    ping: (port) => query(urlAt(port), 'SELECT 1'),
  }
}

/**
 * Starts a MariaDB server of this process's own, in about a second once its data folder is in the
 * cache. Its user may do everything, and must give the password.
 * @throws StepError when there is no MariaDB, or it does not come up.
 */
export async function startMariadb(options: ServerOptions = {}): Promise<DatabaseServer> {
  const programs = await ensureMariadb()
  const control = await launch(engineOf(programs), options)
  return serverOf(control, hostAt(MARIADB_ACCESS, urlAt(control.port)), programs.version)
}
