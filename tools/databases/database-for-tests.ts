import { StepError } from '../dev/step-error.ts'
import { hostAt, type DatabaseHost, type SqlAccess } from './database-host.ts'
import { MARIADB_ACCESS, MYSQL_ACCESS, startMariadb } from './mariadb.ts'
import { ensureMariadb } from './mariadb-programs.ts'
import { POSTGRES_ACCESS, startPostgres } from './postgres.ts'
import { ensurePostgres } from './postgres-programs.ts'

const POSTGRES_URL = 'MILLRACE_TEST_POSTGRES_URL'
const MARIADB_URL = 'MILLRACE_TEST_MARIADB_URL'
const MYSQL_URL = 'MILLRACE_TEST_MYSQL_URL'

const NO_MYSQL = `There is no MySQL: set ${MYSQL_URL} to a server that runs already.`

/** A server for ordinary statements: one that runs already, or one of this process's own. */
export interface UsedHost extends DatabaseHost {
  /** Ends the server if this process started it. */
  stop(): Promise<void>
}

async function use(
  variable: string,
  access: SqlAccess,
  start: () => Promise<UsedHost>,
): Promise<UsedHost> {
  const url = process.env[variable]
  if (!url) return start()
  return { ...hostAt(access, url), stop: () => Promise.resolve() }
}

/** PostgreSQL at `MILLRACE_TEST_POSTGRES_URL` (`postgresql://…`), else one that is started. */
export const usePostgres = (): Promise<UsedHost> =>
  use(POSTGRES_URL, POSTGRES_ACCESS, startPostgres)

/** MariaDB at `MILLRACE_TEST_MARIADB_URL` (`mariadb://…`), else one that is started. */
export const useMariadb = (): Promise<UsedHost> => use(MARIADB_URL, MARIADB_ACCESS, startMariadb)

/** MySQL at `MILLRACE_TEST_MYSQL_URL` (`mysql://…`): no registry of packages has one to start. */
export const useMysql = (): Promise<UsedHost> =>
  use(MYSQL_URL, MYSQL_ACCESS, () => Promise.reject(new StepError(NO_MYSQL)))

async function reason(ensure: () => Promise<unknown>): Promise<string | false> {
  // On a build machine a test that does not run must be seen: it fails, with the same message.
  if (process.env.CI) return false
  try {
    await ensure()
    return false
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return `${error.message} ${error.hint ?? ''}`
  }
}

export interface ServerNeed {
  /** A server to kill, restart or pause: `MILLRACE_TEST_…_URL` does not do. @defaultValue false */
  readonly own?: boolean
}

/** For `skip` of a test: false when PostgreSQL can be had, else what to install. In CI always false. */
export async function whyNoPostgres({ own = false }: ServerNeed = {}): Promise<string | false> {
  return !own && process.env[POSTGRES_URL] ? false : reason(ensurePostgres)
}

/** For `skip` of a test: false when MariaDB can be had, else what to install. In CI always false. */
export async function whyNoMariadb({ own = false }: ServerNeed = {}): Promise<string | false> {
  return !own && process.env[MARIADB_URL] ? false : reason(ensureMariadb)
}

/** For `skip` of a test: false when a MySQL is given, else how to give one. The same in CI. */
export const whyNoMysql = (): string | false => (process.env[MYSQL_URL] ? false : NO_MYSQL)
