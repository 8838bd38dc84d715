import type { FaultProxy } from '@millrace/testing'
import type { TestDatabase } from '@millrace/tools/databases'
import type { SuiteDatabase } from './contract.testkit.ts'

export type ServerKind = 'postgresql' | 'mariadb' | 'mysql'

export const SERVER_NAMES: Readonly<Record<ServerKind, string>> = {
  postgresql: 'PostgreSQL',
  mariadb: 'MariaDB',
  mysql: 'MySQL',
}

const TABLE_OPTIONS: Readonly<Record<ServerKind, string>> = {
  postgresql: '',
  mariadb: 'CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
  mysql: 'CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin',
}

/** Text that ends with a zero, or a request of the kind 3, which in MySQL may have attributes: none, in one set. */
const COMMITS: Readonly<Record<ServerKind, string>> = {
  postgresql: 'COMMIT\0',
  mariadb: '\u0003COMMIT',
  mysql: '\u0003\0\u0001COMMIT',
}

/** Where a proxy stands before the server. */
export function jdbcUrlThrough(database: TestDatabase, { host, port }: FaultProxy): string {
  const url = new URL(database.jdbcUrl.replace('jdbc:', ''))
  return database.jdbcUrl.replace(`//${url.host}/`, `//${host}:${port}/`)
}

/** A database of a server, for one file of tests. */
export function serverDatabase(database: TestDatabase, kind: ServerKind): SuiteDatabase {
  const url = new URL(database.url)
  const serial = kind === 'postgresql' ? 'bigserial' : 'BIGINT AUTO_INCREMENT UNIQUE'
  // Keys are equal when their bytes are, as in tables that the sink creates; the default knows no case.
  const options = TABLE_OPTIONS[kind]
  return {
    port: Number(url.port),
    begin: kind === 'postgresql' ? 'BEGIN ISOLATION' : 'START TRANSACTION',
    commit: COMMITS[kind],
    jdbcUrl: (proxy) => (proxy === undefined ? database.jdbcUrl : jdbcUrlThrough(database, proxy)),
    query: (sql) => database.query(sql),
    async createTable(name, key) {
      const primary = key === undefined ? '' : `, PRIMARY KEY (${key})`
      await database.query(`
        CREATE TABLE ${name} (
          id ${serial}, topic varchar(200), part int, offs bigint, idx int, k varchar(200),
          note varchar(5)${primary}) ${options}`)
    },
  }
}
