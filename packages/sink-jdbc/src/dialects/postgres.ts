import { isTlsFailure } from '@millrace/core/internal'
import type { ParsedType } from '../options/column-type.ts'
import type { CatalogColumn, DeclaredColumn, Dialect, SqlFault, TableName } from './dialect.ts'
import { isNetworkError, textField } from './error-fields.ts'
import { readPostgresTable } from './postgres-catalog.ts'
import { postgresOffsets } from './postgres-offsets.ts'
import { postgresTableWriter } from './postgres-writer.ts'
import { quoteTable } from './statements.ts'

const TYPES: Readonly<Record<ParsedType['kind'], string>> = {
  text: 'text',
  int: 'integer',
  bigint: 'bigint',
  double: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  date: 'date',
  json: 'jsonb',
  uuid: 'uuid',
  bytes: 'bytea',
}

const WHOLE = /^(smallint|integer|bigint|numeric)$/
const NOT_TEXT =
  /^(smallint|integer|bigint|numeric|real|double precision|boolean|bytea|date|interval|time.*|.*\[\])$/

/** What each kind may be written to; what is not here are types of the user's own. */
const ACCEPTED: Readonly<Record<ParsedType['kind'], (type: string) => boolean>> = {
  text: (type) => !NOT_TEXT.test(type),
  int: (type) => WHOLE.test(type) || type === 'double precision',
  bigint: (type) => WHOLE.test(type),
  double: (type) => type === 'double precision' || type === 'numeric',
  decimal: (type) => type === 'numeric',
  boolean: (type) => type === 'boolean',
  timestamp: (type) => type.startsWith('timestamp'),
  date: (type) => type === 'date' || type.startsWith('timestamp'),
  json: (type) => type === 'json' || type === 'jsonb',
  uuid: (type) => type === 'uuid' || type === 'text' || type === 'character varying',
  bytes: (type) => type === 'bytea',
}

/** PostgreSQL 12 and later. */
export const postgres: Dialect = {
  name: 'PostgreSQL',
  // Read committed whatever the database's default is: the fence rests on seeing what was committed last.
  begin: 'BEGIN ISOLATION LEVEL READ COMMITTED; SET CONSTRAINTS ALL IMMEDIATE',
  sessionSettings: ["SET timezone TO 'UTC'"],
  tableOptions: '',
  quote,
  typeOf,
  accepts,
  readTable: readPostgresTable,
  alterType: (table, column) =>
    `ALTER TABLE ${quoteTable(postgres, table)} ALTER COLUMN ${quote(column.name)} TYPE ${typeOf(column)} USING ${quote(column.name)}::text::${typeOf(column)}`,
  async underSchemaLock(connection, change) {
    await connection.run('BEGIN')
    // The number stands for "tables of Millrace": it has no other meaning.
    await connection.run('SELECT pg_advisory_xact_lock(7281945502317116)')
    await change()
    await connection.run('COMMIT')
  },
  tableWriter: (target) => postgresTableWriter(postgres, target),
  offsets: (table: TableName) => postgresOffsets(quoteTable(postgres, table)),
  classify,
  placeOf,
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

function typeOf({ type }: Pick<DeclaredColumn, 'type'>): string {
  const size = type.kind === 'decimal' ? `(${type.precision},${type.scale})` : ''
  return `${TYPES[type.kind]}${size}${type.isArray ? '[]' : ''}`
}

function accepts(declared: ParsedType, column: CatalogColumn): boolean {
  const isArray = column.type.endsWith('[]')
  if (isArray !== declared.isArray) return false
  const type = isArray ? column.type.slice(0, -2) : column.type
  if (declared.kind === 'decimal' && column.scale !== undefined && column.scale < declared.scale) {
    return false
  }
  return ACCEPTED[declared.kind](type)
}

const SCHEMA_STATES: ReadonlySet<string> = new Set([
  '42P01',
  '42703',
  '42804',
  '42P10',
  '0A000',
  '42846',
])
const TRANSACTION_STATES: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])
const DENIED_STATES: ReadonlySet<string> = new Set(['42501', '3D000', '3F000'])
/** Of the classes 08, 53, 57 and of time-outs; 25006 is what a server says that is not the leader any more. */
const UNAVAILABLE_STATES = /^(08|53|57|58|25P03|25006|40003)/
/** 21: a row twice in one statement; 44: a check of a view; P0: raised by a trigger; 54: too large for an index. */
const DATA_STATES = /^(21|22|23|44|54|P0)/

const LOST =
  /^(Connection terminated|timeout expired|Client has encountered|Client was closed|There was an error establishing an SSL)/i

/** The driver's own errors have no code. */
function faultOfDriver(message: string): SqlFault {
  if (LOST.test(message)) return 'unavailable'
  return message === 'The server does not support SSL connections' ? 'untrusted' : 'denied'
}

function classify(error: unknown): SqlFault {
  const state = textField(error, 'code')
  if (isNetworkError(error)) return 'unavailable'
  if (state === undefined) return faultOfDriver(textField(error, 'message') ?? '')
  if (isTlsFailure(state)) return 'untrusted'
  if (TRANSACTION_STATES.has(state)) return 'transaction'
  if (SCHEMA_STATES.has(state)) return 'schema'
  if (DENIED_STATES.has(state) || state.startsWith('28')) return 'denied'
  if (UNAVAILABLE_STATES.test(state)) return 'unavailable'
  return DATA_STATES.test(state) ? 'data' : 'unknown'
}

function placeOf(error: unknown): Readonly<Record<string, string>> {
  const place: Record<string, string> = {}
  const state = textField(error, 'code')
  // Of a connection that fails the code is one of Node.
  if (state !== undefined && /^[0-9A-Z]{5}$/.test(state)) place['sqlstate'] = state
  for (const field of ['column', 'constraint']) {
    const value = textField(error, field)
    if (value !== undefined) place[field] = value
  }
  return place
}
