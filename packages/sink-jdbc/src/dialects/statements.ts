import type { CatalogTable, DeclaredColumn, Dialect, TableName } from './dialect.ts'

type Quote = Pick<Dialect, 'quote'>

/** `"shop"."orders"` */
export function quoteTable(dialect: Quote, { schema, name }: TableName): string {
  const table = dialect.quote(name)
  return schema === undefined ? table : `${dialect.quote(schema)}.${table}`
}

/** `"id", "name"` */
export function quoteList(dialect: Quote, names: readonly string[]): string {
  return names.map((name) => dialect.quote(name)).join(', ')
}

/** The statement that makes the table. */
export function createTable(
  dialect: Dialect,
  table: TableName,
  columns: readonly DeclaredColumn[],
): string {
  const lines = columns.map((column) => columnDefinition(dialect, column))
  const key = columns.filter(({ isKey }) => isKey).map(({ name }) => name)
  if (key.length > 0) lines.push(`PRIMARY KEY (${quoteList(dialect, key)})`)
  const options = dialect.tableOptions === '' ? '' : ` ${dialect.tableOptions}`
  return `CREATE TABLE IF NOT EXISTS ${quoteTable(dialect, table)} (${lines.join(', ')})${options}`
}

/** The statement that adds a column. It may hold null, whatever is declared: rows that are there have no value for it. */
export function addColumn(dialect: Dialect, table: TableName, column: DeclaredColumn): string {
  return `ALTER TABLE ${quoteTable(dialect, table)} ADD COLUMN ${columnDefinition(dialect, { ...column, isNullable: true })}`
}

/** `"total" NUMERIC(12,2) NOT NULL` */
export function columnDefinition(dialect: Dialect, column: DeclaredColumn): string {
  const definition = `${dialect.quote(column.name)} ${dialect.typeOf(column)}`
  return column.isNullable ? definition : `${definition} NOT NULL`
}

/** A statement that gives the table the key that `insertMode` rests on: it may have another primary key. */
export function addKey(
  dialect: Dialect,
  { table, uniqueKeys }: Pick<CatalogTable, 'table' | 'uniqueKeys'>,
  key: readonly string[],
): string {
  const columns = quoteList(dialect, key)
  if (dialect.name === 'SQLite') {
    return `CREATE UNIQUE INDEX ${dialect.quote(`${table.name}_key`)} ON ${dialect.quote(table.name)} (${columns})`
  }
  const kind = uniqueKeys.length === 0 ? 'PRIMARY KEY' : 'UNIQUE'
  return `ALTER TABLE ${quoteTable(dialect, table)} ADD ${kind} (${columns})`
}

/** A row in the order of an UPDATE, whose condition comes behind what it sets. */
export function keyLast<T>(row: readonly T[], keyLength: number): T[] {
  return [...row.slice(keyLength), ...row.slice(0, keyLength)]
}
