import type { Bind } from '../drivers/sql-connection.ts'
import type { Encoded } from '../rows/encode-value.ts'
import type { Dialect, TableWriter, WriteTarget } from './dialect.ts'
import { keyLast, quoteList, quoteTable } from './statements.ts'

/**
 * Statements for one table of SQLite: row by row, which is its fastest way inside a transaction. Their parameters have no
 * numbers: Node 22.18 takes one with a number for a named one, and binds nothing to it.
 */
export function sqliteTableWriter(dialect: Dialect, target: WriteTarget): TableWriter {
  const { columns, keyLength, insertMode } = target
  const names = columns.map(({ name }) => name)
  const whereKey = keyEquals(dialect, names.slice(0, keyLength))
  const remove = `DELETE FROM ${quoteTable(dialect, target.table)} WHERE ${whereKey}`
  const put =
    insertMode === 'update' ? updateStatement(dialect, target) : insertStatement(dialect, target)
  return {
    async put(connection, rows) {
      const ordered = insertMode === 'update' ? rows.map((row) => keyLast(row, keyLength)) : rows
      await connection.executeEach(put, ordered.map(bindsOf))
    },
    async delete(connection, keys) {
      await connection.executeEach(remove, keys.map(bindsOf))
    },
  }
}

function insertStatement(
  dialect: Dialect,
  { table, columns, keyLength, insertMode }: WriteTarget,
): string {
  const names = columns.map(({ name }) => name)
  const values = names.map(() => '?').join(', ')
  const insert = `INSERT INTO ${quoteTable(dialect, table)} (${quoteList(dialect, names)}) VALUES (${values})`
  if (insertMode === 'insert') return insert
  const conflict = `ON CONFLICT (${quoteList(dialect, names.slice(0, keyLength))})`
  const rest = names.slice(keyLength)
  if (insertMode === 'ignore' || rest.length === 0) return `${insert} ${conflict} DO NOTHING`
  const set = rest.map((name) => `${dialect.quote(name)} = excluded.${dialect.quote(name)}`)
  return `${insert} ${conflict} DO UPDATE SET ${set.join(', ')}`
}

function updateStatement(dialect: Dialect, { table, columns, keyLength }: WriteTarget): string {
  const names = columns.map(({ name }) => name)
  const set = names.slice(keyLength).map((name) => `${dialect.quote(name)} = ?`)
  return `UPDATE ${quoteTable(dialect, table)} SET ${set.join(', ')} WHERE ${keyEquals(dialect, names.slice(0, keyLength))}`
}

function keyEquals(dialect: Dialect, key: readonly string[]): string {
  return key.map((name) => `${dialect.quote(name)} = ?`).join(' AND ')
}

function bindsOf(row: readonly Encoded[]): Bind[] {
  return row.map(bindOf)
}

function bindOf(value: Encoded): Bind {
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  throw new TypeError('SQLite has no arrays')
}
