import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { ParsedType } from '../options/column-type.ts'
import type {
  CatalogColumn,
  CatalogTable,
  DeclaredColumn,
  Dialect,
  SqlFault,
  TableName,
} from './dialect.ts'
import { numberField, textField } from './error-fields.ts'
import { sqliteOffsets } from './sqlite-offsets.ts'
import { sqliteTableWriter } from './sqlite-writer.ts'
import { quoteTable } from './statements.ts'

/** Types of STRICT tables. A decimal is text: SQLite's own numbers have no more than 15 digits. */
const TYPES: Readonly<Record<ParsedType['kind'], string>> = {
  text: 'TEXT',
  int: 'INTEGER',
  bigint: 'INTEGER',
  double: 'REAL',
  decimal: 'TEXT',
  boolean: 'INTEGER',
  timestamp: 'TEXT',
  date: 'TEXT',
  json: 'TEXT',
  uuid: 'TEXT',
  bytes: 'BLOB',
}

/** SQLite 3.37 and later, as in Node. */
export const sqlite: Dialect = {
  name: 'SQLite',
  begin: 'BEGIN IMMEDIATE',
  sessionSettings: [],
  tableOptions: 'STRICT',
  quote,
  typeOf,
  accepts,
  readTable,
  alterType: (table, column) =>
    `a new table with ${quote(column.name)} ${typeOf(column)} in place of ${quoteTable(sqlite, table)} (SQLite changes no types)`,
  async underSchemaLock(connection, change) {
    await connection.run('BEGIN IMMEDIATE')
    await change()
    await connection.run('COMMIT')
  },
  tableWriter: (target) => sqliteTableWriter(sqlite, target),
  offsets: (table: TableName) => sqliteOffsets(quoteTable(sqlite, table)),
  classify,
  placeOf,
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

function typeOf({ type }: Pick<DeclaredColumn, 'type'>): string {
  return TYPES[type.kind]
}

type Affinity = 'INTEGER' | 'TEXT' | 'BLOB' | 'REAL' | 'NUMERIC'

/** What SQLite makes of a declared type: https://sqlite.org/datatype3.html, 3.1 */
function affinityOf(type: string): Affinity {
  const upper = type.toUpperCase()
  if (upper.includes('INT')) return 'INTEGER'
  if (/CHAR|CLOB|TEXT/.test(upper)) return 'TEXT'
  if (upper === '' || upper.includes('BLOB')) return 'BLOB'
  return /REAL|FLOA|DOUB/.test(upper) ? 'REAL' : 'NUMERIC'
}

/** What each kind may be written to without being changed. BLOB changes nothing. */
const AFFINITIES: Readonly<Record<ParsedType['kind'], readonly Affinity[]>> = {
  text: ['TEXT', 'BLOB'],
  int: ['INTEGER', 'NUMERIC', 'BLOB'],
  bigint: ['INTEGER', 'NUMERIC', 'BLOB'],
  double: ['REAL', 'NUMERIC', 'BLOB'],
  decimal: ['TEXT', 'BLOB'],
  boolean: ['INTEGER', 'NUMERIC', 'BLOB'],
  timestamp: ['TEXT', 'NUMERIC', 'BLOB'],
  date: ['TEXT', 'NUMERIC', 'BLOB'],
  json: ['TEXT', 'BLOB'],
  uuid: ['TEXT', 'NUMERIC', 'BLOB'],
  bytes: ['BLOB'],
}

function accepts(declared: ParsedType, column: CatalogColumn): boolean {
  const affinity = affinityOf(column.type)
  // Up to 15 digits a binary number gives the decimal back.
  if (declared.kind === 'decimal' && affinity === 'NUMERIC') return declared.precision <= 15
  return AFFINITIES[declared.kind].includes(affinity)
}

const FIND = `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`
const COLUMNS = `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)`
const KEYS = `
  SELECT (SELECT json_group_array(name) FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) AS columns
    FROM pragma_index_list(?) AS l WHERE l."unique" = 1 AND l.partial = 0`

async function readTable(
  connection: SqlConnection,
  { name }: TableName,
): Promise<CatalogTable | undefined> {
  const found = (await connection.execute(FIND, [name])).rows[0]
  if (found === undefined) return undefined
  const table = String(found['name'])
  const rows = (await connection.execute(COLUMNS, [table])).rows
  const keys = (await connection.execute(KEYS, [table])).rows
  const primary = rows
    .filter((row) => Number(row['pk']) > 0)
    .sort((a, b) => Number(a['pk']) - Number(b['pk']))
    .map((row) => String(row['name']))
  // An INTEGER PRIMARY KEY is the number of the row, which SQLite gives itself.
  const numbered = primary.length === 1 ? primary[0] : undefined
  return {
    table: { schema: undefined, name: table },
    columns: rows.map((row) => columnFrom(row, numbered)),
    // The query makes JSON of names.
    uniqueKeys: [primary, ...keys.map((key) => JSON.parse(String(key['columns'])) as string[])],
  }
}

function columnFrom(
  row: Readonly<Record<string, unknown>>,
  numbered: string | undefined,
): CatalogColumn {
  const name = String(row['name'])
  const type = String(row['type'])
  const isNumbered = name === numbered && type.toUpperCase() === 'INTEGER'
  return {
    name,
    type,
    fullType: type,
    scale: undefined,
    isRequired: Number(row['notnull']) === 1 && row['dflt_value'] === null && !isNumbered,
  }
}

/** By SQLite's primary result code: https://sqlite.org/rescode.html */
const FAULTS: Readonly<Record<number, SqlFault>> = {
  5: 'transaction',
  6: 'transaction',
  8: 'denied',
  10: 'unavailable',
  11: 'denied',
  13: 'unavailable',
  14: 'denied',
  17: 'schema',
  18: 'data',
  19: 'data',
  20: 'data',
  23: 'denied',
  26: 'denied',
}

const MISSING =
  /no such (table|column)|has no column|ON CONFLICT clause does not match|table .* has \d+ columns/

function classify(error: unknown): SqlFault {
  const result = numberField(error, 'errcode')
  if (result === undefined) {
    return textField(error, 'code') === 'ERR_INVALID_STATE' ? 'unavailable' : 'unknown'
  }
  if (result === 1) return MISSING.test(textField(error, 'message') ?? '') ? 'schema' : 'unknown'
  return FAULTS[result & 0xff] ?? 'unknown'
}

function placeOf(error: unknown): Readonly<Record<string, string | number>> {
  const result = numberField(error, 'errcode')
  return result === undefined ? {} : { sqliteCode: result }
}
