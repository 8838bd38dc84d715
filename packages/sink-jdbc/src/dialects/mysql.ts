import type { ParsedType } from '../options/column-type.ts'
import type { CatalogColumn, DeclaredColumn, Dialect, SqlFault, TableName } from './dialect.ts'
import { isNetworkError, numberField, textField } from './error-fields.ts'
import { readMysqlTable } from './mysql-catalog.ts'
import { mysqlOffsets } from './mysql-offsets.ts'
import { mysqlTableWriter } from './mysql-writer.ts'
import { quoteTable } from './statements.ts'

const TYPES: Readonly<Record<ParsedType['kind'], string>> = {
  text: 'LONGTEXT',
  int: 'INT',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  decimal: 'DECIMAL',
  boolean: 'BOOLEAN',
  timestamp: 'DATETIME(6)',
  date: 'DATE',
  json: 'JSON',
  uuid: 'CHAR(36)',
  bytes: 'LONGBLOB',
}

/** A key needs a length. 255 is what Connect's sink uses. */
const KEY_TYPES: Readonly<Partial<Record<ParsedType['kind'], string>>> = {
  text: 'VARCHAR(255)',
  bytes: 'VARBINARY(255)',
}

const TEXT = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set|json|uuid|inet4|inet6)$/
const WHOLE = /^(tinyint|smallint|mediumint|int|bigint|decimal)$/
const BYTES = /^(binary|varbinary|tinyblob|blob|mediumblob|longblob)$/

/** What each kind may be written to. Fractions of a second are rounded to what the column has. */
const ACCEPTED: Readonly<Record<ParsedType['kind'], RegExp>> = {
  text: TEXT,
  int: /^(tinyint|smallint|mediumint|int|bigint|decimal|double)$/,
  bigint: WHOLE,
  double: /^double$/,
  decimal: /^decimal$/,
  boolean: /^(tinyint|bit)$/,
  timestamp: /^(datetime|timestamp)$/,
  date: /^(date|datetime)$/,
  json: /^(json|longtext|mediumtext|text)$/,
  uuid: /^(char|varchar|uuid)$/,
  bytes: BYTES,
}

/** MySQL 8.0.20 and later. */
export const mysql: Dialect = mysqlDialect({
  name: 'MySQL',
  collation: 'utf8mb4_0900_bin',
  alias: ' AS new',
  newValue: (column) => `new.${column}`,
})

/** MariaDB 10.6 and later, which has no alias for the new row. */
export const mariadb: Dialect = mysqlDialect({
  name: 'MariaDB',
  collation: 'utf8mb4_nopad_bin',
  alias: '',
  newValue: (column) => `VALUES(${column})`,
})

/** In what the two differ. */
export interface MysqlFlavour {
  readonly name: string
  /** Keys that differ in case, or by spaces at their end, are different keys. */
  readonly collation: string
  /** Names the new row in `INSERT … ON DUPLICATE KEY UPDATE`. */
  readonly alias: string
  readonly newValue: (column: string) => string
}

function mysqlDialect(flavour: MysqlFlavour): Dialect {
  const tableOptions = `CHARACTER SET utf8mb4 COLLATE ${flavour.collation}`
  const dialect: Dialect = {
    name: flavour.name,
    begin: 'START TRANSACTION',
    sessionSettings: [
      // Out of strict mode values that do not fit are cut, with no more than a warning.
      "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00'",
      // Without locks on the gaps between rows, which are what most deadlocks come from.
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ],
    tableOptions,
    quote,
    typeOf,
    accepts,
    readTable: readMysqlTable,
    alterType: (table, column) =>
      `ALTER TABLE ${quoteTable(dialect, table)} MODIFY COLUMN ${quote(column.name)} ${typeOf(column)}`,
    async underSchemaLock(connection, change) {
      const locked = await connection.execute(
        "SELECT GET_LOCK('millrace_schema', 50) AS locked",
        [],
      )
      // Without the lock two processes may make the same change: the later one fails, and looks again.
      try {
        await change()
      } finally {
        if (Number(locked.rows[0]?.['locked']) === 1 && connection.isUsable) {
          await connection.execute("SELECT RELEASE_LOCK('millrace_schema')", [])
        }
      }
    },
    tableWriter: (target) => mysqlTableWriter(dialect, flavour, target),
    offsets: (table: TableName) => mysqlOffsets(quoteTable(dialect, table), flavour.collation),
    classify,
    placeOf,
  }
  return dialect
}

function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}

function typeOf({ type, isKey }: Pick<DeclaredColumn, 'type' | 'isKey'>): string {
  const size = type.kind === 'decimal' ? `(${type.precision},${type.scale})` : ''
  return `${(isKey ? KEY_TYPES[type.kind] : undefined) ?? TYPES[type.kind]}${size}`
}

function accepts(declared: ParsedType, column: CatalogColumn): boolean {
  if (declared.kind === 'decimal' && (column.scale ?? 0) < declared.scale) return false
  return ACCEPTED[declared.kind].test(column.type)
}

/** By the numbers of MySQL, which MariaDB shares: their SQLSTATEs are too coarse. */
const FAULTS: ReadonlyMap<number, SqlFault> = new Map<number, SqlFault>([
  ...numbers('transaction', [1205, 1213, 1615]),
  ...numbers('schema', [1054, 1136, 1146, 1364, 1412]),
  ...numbers(
    'data',
    [1048, 1062, 1264, 1265, 1292, 1366, 1406, 1451, 1452, 1644, 3140, 3819, 4025],
  ),
  ...numbers('denied', [1044, 1045, 1049, 1142, 1143, 1153, 1227, 1370, 1698]),
  ...numbers('unavailable', [1021, 1040, 1053, 1114, 1152, 1158, 1159, 1160, 1161, 1203, 1290]),
  ...numbers('unavailable', [1317, 1836, 1927, 1969, 3024, 4031]),
])

function numbers(fault: SqlFault, errors: readonly number[]): [number, SqlFault][] {
  return errors.map((error) => [error, fault])
}

function classify(error: unknown): SqlFault {
  const fault = FAULTS.get(numberField(error, 'errno') ?? 0)
  if (fault !== undefined) return fault
  const isLost = /^PROTOCOL_|^ER_CLIENT_INTERACTION_TIMEOUT/.test(textField(error, 'code') ?? '')
  if (isLost || isNetworkError(error)) return 'unavailable'
  const ofTls = handshakeFault(error)
  if (ofTls !== undefined) return ofTls
  if (/closed state/.test(textField(error, 'message') ?? '')) return 'unavailable'
  const state = textField(error, 'sqlState') ?? ''
  if (/^(22|23|45)/.test(state)) return 'data'
  return state.startsWith('08') ? 'unavailable' : 'unknown'
}

/** The driver puts a code of its own in place of that of Node. */
function handshakeFault(error: unknown): SqlFault | undefined {
  const code = textField(error, 'code')
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'untrusted'
  if (code !== 'HANDSHAKE_SSL_ERROR') return undefined
  const isLost =
    textField(error, 'syscall') !== undefined ||
    /socket disconnected/.test(textField(error, 'message') ?? '')
  return isLost ? 'unavailable' : 'untrusted'
}

function placeOf(error: unknown): Readonly<Record<string, string | number>> {
  const sqlstate = textField(error, 'sqlState')
  const errno = numberField(error, 'errno')
  const column = /[Cc]olumn '([^']+)'/.exec(textField(error, 'sqlMessage') ?? '')?.[1]
  return {
    ...(sqlstate !== undefined && { sqlstate }),
    ...(errno !== undefined && { errno }),
    ...(column !== undefined && { column }),
  }
}
