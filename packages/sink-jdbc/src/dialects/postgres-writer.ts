import type { Encoded } from '../rows/encode-value.ts'
import type { Dialect, TableWriter, TargetColumn, WriteTarget } from './dialect.ts'
import { quoteList, quoteTable } from './statements.ts'

/*
 * Columns travel as arrays, one a column: one text for any number of rows, so that it is prepared once, and no
 * limit of parameters. A column of arrays travels as text, since `unnest` would flatten it.
 */

/** Statements for one table of PostgreSQL. */
export function postgresTableWriter(dialect: Dialect, target: WriteTarget): TableWriter {
  const { columns, keyLength } = target
  const put = putStatement(dialect, target)
  const keys = columns.slice(0, keyLength)
  const remove = `
    DELETE FROM ${quoteTable(dialect, target.table)} AS t USING ${source(keys)}
     WHERE ${keyEquals(dialect, keys)}`
  return {
    async put(connection, rows) {
      await connection.execute(put, arraysOf(rows, columns.length))
    },
    async delete(connection, rows) {
      await connection.execute(remove, arraysOf(rows, keyLength))
    },
  }
}

function putStatement(dialect: Dialect, target: WriteTarget): string {
  const { columns, keyLength, insertMode } = target
  const table = quoteTable(dialect, target.table)
  const keys = columns.slice(0, keyLength)
  const rest = columns.slice(keyLength)
  if (insertMode === 'update') {
    const set = rest.map(({ name }, i) => `${dialect.quote(name)} = s.c${keyLength + i}`)
    return `UPDATE ${table} AS t SET ${set.join(', ')} FROM ${source(columns)} WHERE ${keyEquals(dialect, keys)}`
  }
  const names = columns.map(({ name }) => name)
  const insert = `INSERT INTO ${table} (${quoteList(dialect, names)}) SELECT * FROM ${source(columns)}`
  if (insertMode === 'insert') return insert
  const conflict = `ON CONFLICT (${quoteList(dialect, names.slice(0, keyLength))})`
  if (insertMode === 'ignore' || rest.length === 0) return `${insert} ${conflict} DO NOTHING`
  const set = rest.map(({ name }) => `${dialect.quote(name)} = EXCLUDED.${dialect.quote(name)}`)
  return `${insert} ${conflict} DO UPDATE SET ${set.join(', ')}`
}

/** Rows with the columns c0, c1, … */
function source(columns: readonly TargetColumn[]): string {
  const arrays = columns.map(({ databaseType }, i) =>
    isArrayType(databaseType) ? `$${i + 1}::text[]` : `$${i + 1}::${databaseType}[]`,
  )
  const names = columns.map((_, i) => `c${i}`).join(', ')
  const selected = columns.map(({ databaseType }, i) =>
    isArrayType(databaseType) ? `u.c${i}::${databaseType} AS c${i}` : `u.c${i}`,
  )
  return `(SELECT ${selected.join(', ')} FROM unnest(${arrays.join(', ')}) AS u (${names})) AS s`
}

function isArrayType(databaseType: string): boolean {
  return databaseType.endsWith('[]')
}

function keyEquals(dialect: Dialect, keys: readonly TargetColumn[]): string {
  return keys.map(({ name }, i) => `t.${dialect.quote(name)} = s.c${i}`).join(' AND ')
}

function arraysOf(rows: readonly (readonly Encoded[])[], length: number): string[] {
  const arrays: string[] = []
  for (let column = 0; column < length; column++) {
    let text = '{'
    for (let row = 0; row < rows.length; row++) {
      if (row > 0) text += ','
      text += element(rows[row]?.[column] ?? null)
    }
    arrays.push(`${text}}`)
  }
  return arrays
}

/** An element of an array as PostgreSQL reads it. */
function element(value: Encoded): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Uint8Array) return `"\\\\x${hex(value)}"`
  if (typeof value === 'object') return quoted(`{${value.map(element).join(',')}}`)
  return String(value)
}

function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
