import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { CatalogColumn, CatalogTable, TableName } from './dialect.ts'

const FIND = `
  SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name FROM information_schema.TABLES
   WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND LOWER(TABLE_NAME) = LOWER(?)`

const COLUMNS = `
  SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS full_type, NUMERIC_SCALE AS scale,
         IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL AND EXTRA = '' AS is_required
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`

const KEYS = `
  SELECT INDEX_NAME AS index_name, COLUMN_NAME AS name FROM information_schema.STATISTICS
   WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND SUB_PART IS NULL
   ORDER BY INDEX_NAME, SEQ_IN_INDEX`

/** Looks a table up in the catalog of MySQL or MariaDB. */
export async function readMysqlTable(
  connection: SqlConnection,
  { schema, name }: TableName,
): Promise<CatalogTable | undefined> {
  const found = (await connection.execute(FIND, [schema ?? null, name])).rows
  const exact = found.find((row) => row['table_name'] === name) ?? found[0]
  if (exact === undefined) return undefined
  const place = [String(exact['table_schema']), String(exact['table_name'])]
  const columns = (await connection.execute(COLUMNS, place)).rows.map(columnFrom)
  const keys = new Map<string, string[]>()
  for (const row of (await connection.execute(KEYS, place)).rows) {
    const index = String(row['index_name'])
    keys.set(index, [...(keys.get(index) ?? []), String(row['name'])])
  }
  return {
    table: { schema: place[0], name: place[1] ?? name },
    columns,
    uniqueKeys: [...keys.values()],
  }
}

function columnFrom(row: Readonly<Record<string, unknown>>): CatalogColumn {
  const type = String(row['type']).toLowerCase()
  return {
    name: String(row['name']),
    type,
    fullType: String(row['full_type']),
    scale: type === 'decimal' ? Number(row['scale']) : undefined,
    isRequired: Number(row['is_required']) === 1,
  }
}
