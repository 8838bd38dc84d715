import type { Bind, SqlConnection } from '../drivers/sql-connection.ts'
import type { Encoded } from '../rows/encode-value.ts'
import type { Dialect, TableWriter, TargetColumn, WriteTarget } from './dialect.ts'
import type { MysqlFlavour } from './mysql.ts'
import { keyLast, quoteList, quoteTable } from './statements.ts'

/** A statement has at most so many. */
const MAX_PARAMETERS = 65_535

/** Far below any usual `max_allowed_packet`, whose default was 1 MiB once. */
const MAX_STATEMENT_BYTES = 512 * 1024

/** More rows a statement make it no faster. */
const MAX_ROWS = 1024

/**
 * Statements for one table of MySQL or MariaDB: many rows a statement. Numbers of rows are powers of two, so that few
 * texts are prepared in all.
 */
export function mysqlTableWriter(
  dialect: Dialect,
  flavour: MysqlFlavour,
  target: WriteTarget,
): TableWriter {
  const { columns, keyLength, insertMode } = target
  const keys = columns.slice(0, keyLength)
  const table = quoteTable(dialect, target.table)
  const insert = insertStatement(dialect, flavour, target)
  const update = updateStatement(dialect, target)
  const list = quoteList(
    dialect,
    keys.map(({ name }) => name),
  )
  const remove =
    keyLength === 1
      ? `DELETE FROM ${table} WHERE ${list} IN (`
      : `DELETE FROM ${table} WHERE (${list}) IN (`
  const one =
    keyLength === 1 ? keys.map(placeholder).join('') : `(${keys.map(placeholder).join(', ')})`
  return {
    async put(connection, rows) {
      const binds = rows.map((row) => row.map((value, i) => bindOf(value, columns[i])))
      if (insertMode === 'update')
        await connection.executeEach(
          update,
          binds.map((row) => keyLast(row, keyLength)),
        )
      else await inChunks(connection, binds, insert)
    },
    async delete(connection, rows) {
      const binds = rows.map((row) => row.map((value, i) => bindOf(value, columns[i])))
      await inChunks(connection, binds, (count) => `${remove}${Array(count).fill(one).join(', ')})`)
    },
  }
}

function insertStatement(
  dialect: Dialect,
  flavour: MysqlFlavour,
  { table, columns, keyLength, insertMode }: WriteTarget,
): (count: number) => string {
  const names = columns.map(({ name }) => name)
  const row = `(${names.map(() => '?').join(', ')})`
  const head = `INSERT INTO ${quoteTable(dialect, table)} (${quoteList(dialect, names)}) VALUES `
  const rest = names.slice(keyLength).map((name) => dialect.quote(name))
  const first = dialect.quote(names[0] ?? '')
  let tail = ''
  if (insertMode === 'ignore' || (insertMode === 'upsert' && rest.length === 0)) {
    // INSERT IGNORE would also cut values that do not fit.
    tail = ` ON DUPLICATE KEY UPDATE ${first} = ${quoteTable(dialect, table)}.${first}`
  } else if (insertMode === 'upsert') {
    const set = rest.map((name) => `${name} = ${flavour.newValue(name)}`).join(', ')
    tail = `${flavour.alias} ON DUPLICATE KEY UPDATE ${set}`
  }
  return (count) => `${head}${Array(count).fill(row).join(', ')}${tail}`
}

function updateStatement(dialect: Dialect, { table, columns, keyLength }: WriteTarget): string {
  const set = columns.slice(keyLength).map(({ name }) => `${dialect.quote(name)} = ?`)
  const key = columns
    .slice(0, keyLength)
    .map((column) => `${dialect.quote(column.name)} = ${placeholder(column)}`)
  return `UPDATE ${quoteTable(dialect, table)} SET ${set.join(', ')} WHERE ${key.join(' AND ')}`
}

/** Compared as text, a number would be compared as a floating one: exact to 2^53 only. */
function placeholder({ type }: TargetColumn): string {
  switch (type.kind) {
    case 'int':
    case 'bigint':
      return 'CAST(? AS SIGNED)'
    case 'decimal':
      return `CAST(? AS DECIMAL(${type.precision},${type.scale}))`
    default:
      return '?'
  }
}

async function inChunks(
  connection: SqlConnection,
  rows: readonly (readonly Bind[])[],
  statement: (count: number) => string,
): Promise<void> {
  let at = 0
  while (at < rows.length) {
    const count = chunkAt(rows, at)
    await connection.execute(statement(count), rows.slice(at, at + count).flat())
    at += count
  }
}

/** The largest power of two of rows that the limits allow; one row always. */
function chunkAt(rows: readonly (readonly Bind[])[], at: number): number {
  const width = Math.max(1, rows[at]?.length ?? 1)
  const limit = Math.min(MAX_ROWS, rows.length - at, Math.floor(MAX_PARAMETERS / width))
  let bytes = 0
  let count = 0
  while (count < limit) {
    for (const value of rows[at + count] ?? []) bytes += sizeOf(value)
    if (bytes > MAX_STATEMENT_BYTES) break
    count++
  }
  return 2 ** Math.floor(Math.log2(Math.max(1, count)))
}

/** Text takes up to three bytes a unit. */
function sizeOf(value: Bind): number {
  if (typeof value === 'string') return value.length * 3
  return value instanceof Uint8Array ? value.length : 20
}

function bindOf(value: Encoded, column: TargetColumn | undefined): Bind {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' && column?.type.kind === 'timestamp') {
    // DATETIME takes no Z; the session's time zone is UTC.
    return value.replace('T', ' ').replace('Z', '')
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  throw new TypeError('MySQL has no arrays')
}
