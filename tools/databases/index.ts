export type { ServerOptions, StopMode } from './database-engine.ts'
export type { DatabaseAddress, DatabaseHost, Row, TestDatabase } from './database-host.ts'
export type { DatabaseServer } from './database-server.ts'
export {
  useMariadb,
  useMysql,
  usePostgres,
  whyNoMariadb,
  whyNoMysql,
  whyNoPostgres,
  type UsedHost,
} from './database-for-tests.ts'
export { startMariadb } from './mariadb.ts'
export { startPostgres } from './postgres.ts'
