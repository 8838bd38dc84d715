import type { DatabaseKind } from '../options/jdbc-url.ts'
import type { Dialect } from './dialect.ts'
import { mariadb, mysql } from './mysql.ts'
import { postgres } from './postgres.ts'
import { sqlite } from './sqlite.ts'

/** The dialect of a database. */
export function dialectOf(kind: DatabaseKind): Dialect {
  const dialects = { postgresql: postgres, mysql, mariadb, sqlite }
  return dialects[kind]
}
