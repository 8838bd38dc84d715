import { randomBytes } from 'node:crypto'

/** Where a database is, and who may enter. */
export interface DatabaseAddress {
  /** For native drivers: `postgresql://user:password@127.0.0.1:5432/name`. */
  readonly url: string
  /** For the sink: `jdbc:postgresql://127.0.0.1:5432/name?user=…&password=…`. */
  readonly jdbcUrl: string
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

/** A row, by the names of its columns, as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>

export interface TestDatabase extends DatabaseAddress {
  /** Runs one statement in a connection of its own. Without a result, no rows. */
  query(sql: string): Promise<readonly Row[]>
  /** Removes it, with the connections that are still open. */
  drop(): Promise<void>
}

/** A database server, whoever started it. Its own address is of a database that is always there. */
export interface DatabaseHost extends DatabaseAddress {
  /** A new, empty database. Without a name, one that nobody else has. */
  createDatabase(name?: string): Promise<TestDatabase>
  /** Runs one statement in a connection of its own. Without a result, no rows. */
  query(sql: string): Promise<readonly Row[]>
}

/** How to talk to one kind of server, in its own SQL. */
export interface SqlAccess {
  readonly protocol: 'postgresql' | 'mariadb' | 'mysql'
  readonly defaultPort: number
  query(url: string, sql: string): Promise<readonly Row[]>
  create(name: string): string
  drop(name: string): string
}

export function addressOf(access: SqlAccess, url: string): DatabaseAddress {
  const parsed = new URL(url)
  const host = parsed.hostname
  const port = parsed.port === '' ? access.defaultPort : Number(parsed.port)
  const database = decodeURIComponent(parsed.pathname.slice(1))
  const user = decodeURIComponent(parsed.username)
  const password = decodeURIComponent(parsed.password)
  const properties = new URLSearchParams(parsed.searchParams)
  properties.set('user', user)
  properties.set('password', password)
  const path = `${host}:${String(port)}/${encodeURIComponent(database)}`
  const jdbcUrl = `jdbc:${access.protocol}://${path}?${properties.toString()}`
  return { url, jdbcUrl, host, port, database, user, password }
}

export function hostAt(access: SqlAccess, url: string): DatabaseHost {
  const query = (sql: string): Promise<readonly Row[]> => access.query(url, sql)
  return {
    ...addressOf(access, url),
    query,
    async createDatabase(name = `test_${randomBytes(6).toString('hex')}`) {
      if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
        throw new RangeError(`${name} is no name for a test database: use a to z, digits and _`)
      }
      await query(access.create(name))
      const own = new URL(url)
      own.pathname = `/${name}`
      return {
        ...addressOf(access, own.href),
        query: (sql) => access.query(own.href, sql),
        drop: async () => {
          await query(access.drop(name))
        },
      }
    },
  }
}
