import type { TestDatabase } from '@millrace/tools/databases'
import type { NamedRow } from './judge-tables.ts'

/** Columns as text, as the recount has them. */
const ROW = `concat_ws(' | ', customer_id, customer, country, status, amount,
  to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), revision)`

export const readOrders = (database: TestDatabase): Promise<readonly NamedRow[]> =>
  named(database, `SELECT order_id AS name, ${ROW} AS row FROM orders`)

export const readHistory = (database: TestDatabase): Promise<readonly NamedRow[]> =>
  named(database, `SELECT order_id || ' ' || revision AS name, ${ROW} AS row FROM order_history`)

/** 0 while there is no such table. */
export async function countRows(database: TestDatabase, table: string): Promise<number> {
  const [found] = await database.query(`SELECT to_regclass('${table}') IS NOT NULL AS yes`)
  if (found?.['yes'] !== true) return 0
  const [counted] = await database.query(`SELECT count(*) AS rows FROM ${table}`)
  return Number(counted?.['rows'])
}

async function named(database: TestDatabase, sql: string): Promise<readonly NamedRow[]> {
  const rows = await database.query(sql)
  return rows.map(({ name, row }) => [String(name), String(row)])
}
