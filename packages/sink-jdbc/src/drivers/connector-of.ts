import type { ConnectionConfig } from '../options/resolve-options.ts'
import { mysqlConnect } from './mysql-connection.ts'
import { pgConnect } from './pg-connection.ts'
import { sqliteConnect } from './sqlite-connection.ts'
import type { Connect } from './sql-connection.ts'

/** Loads the driver of the database. @throws MillraceError `MR_CONFIG` when it is not installed. */
export async function connectorOf(config: ConnectionConfig): Promise<Connect> {
  switch (config.url.kind) {
    case 'postgresql':
      return await pgConnect(config)
    case 'sqlite':
      return await sqliteConnect(config)
    case 'mysql':
    case 'mariadb':
      return await mysqlConnect(config)
  }
}
