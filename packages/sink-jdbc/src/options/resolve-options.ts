import { MillraceError } from '@millrace/core'
import { durationToMs } from '@millrace/core/internal'
import type { Duration } from '@millrace/core'
import type { ConnectionOptions } from 'node:tls'
import type { InsertMode, JdbcSinkOptions, PrimaryKeyMode } from './jdbc-options.ts'
import { type JdbcUrl, parseJdbcUrl } from './jdbc-url.ts'
import { type Column, resolveColumns } from './resolve-columns.ts'
import { checkTls } from './tls-checks.ts'

/** How to reach the database. */
export interface ConnectionConfig {
  readonly url: JdbcUrl
  readonly user: string | undefined
  readonly password: string | undefined
  readonly tls: ConnectionOptions | undefined
  readonly maxConnections: number
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** What the code reads: complete and checked. */
export interface JdbcConfig<K, V> {
  readonly connection: ConnectionConfig
  readonly isTransactional: boolean
  readonly offsetTable: string
  /** With `${topic}` where the topic's name stands. */
  readonly tableFormat: string
  /** The primary key's first, in the order of its fields. */
  readonly columns: readonly Column<K, V>[]
  readonly keyLength: number
  readonly insertMode: InsertMode
  readonly pkMode: PrimaryKeyMode
  readonly onTombstone: 'delete' | 'ignore' | 'reject'
  readonly autoCreate: boolean
  readonly autoEvolve: boolean
  readonly maxRetries: number
}

const INSERT_MODES: readonly string[] = ['insert', 'upsert', 'update', 'ignore']
const PK_MODES: readonly string[] = ['none', 'kafka', 'recordKey', 'recordValue']
const TOMBSTONES: readonly string[] = ['delete', 'ignore', 'reject']
const GUARANTEES: readonly string[] = ['exactly_once', 'idempotent']

/** Every option, and no other: an option that is misspelt would else have no effect. */
const KNOWN: Readonly<Record<keyof JdbcSinkOptions<unknown, unknown>, true>> = {
  connectionUrl: true,
  connectionUser: true,
  connectionPassword: true,
  tls: true,
  table: true,
  tableNameFormat: true,
  schema: true,
  fieldsWhitelist: true,
  deliveryGuarantee: true,
  offsetTable: true,
  insertMode: true,
  pkMode: true,
  pkFields: true,
  onTombstone: true,
  autoCreate: true,
  autoEvolve: true,
  maxConnections: true,
  connectTimeout: true,
  requestTimeout: true,
  maxRetries: true,
}

const DEFAULTS = {
  deliveryGuarantee: 'exactly_once',
  offsetTable: 'millrace_sink_offsets',
  insertMode: 'insert',
  pkMode: 'none',
  onTombstone: 'reject',
  autoCreate: false,
  autoEvolve: false,
  maxConnections: 10,
  maxRetries: 10,
} as const

/** @throws MillraceError `MR_CONFIG` that lists every problem, and no password. */
export function resolveJdbcOptions<K, V>(given: JdbcSinkOptions<K, V>): JdbcConfig<K, V> {
  const problems: string[] = []
  const options = withoutUndefined(given)
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) problems.push(`${name} is not an option`)
  }
  checkChoices(options, problems)
  checkCombinations(options, problems)
  checkNumbers(options, problems)
  const connection = resolveConnection(options, problems)
  const { columns, keyLength } = resolveColumns(options, connection?.url.kind, problems)
  if (problems.length > 0 || connection === undefined) {
    throw new MillraceError('MR_CONFIG', `Invalid options of jdbcSink: ${problems.join('; ')}`, {
      hint: 'Correct the options passed to jdbcSink().',
    })
  }
  const all = { ...DEFAULTS, ...options }
  return Object.freeze({
    connection,
    isTransactional: all.deliveryGuarantee !== 'idempotent',
    offsetTable: all.offsetTable,
    tableFormat: options.table ?? options.tableNameFormat ?? '${topic}',
    columns,
    keyLength,
    insertMode: all.insertMode,
    pkMode: all.pkMode,
    onTombstone: all.onTombstone,
    autoCreate: all.autoCreate,
    autoEvolve: all.autoEvolve,
    maxRetries: all.maxRetries,
  })
}

/** An option that is undefined is not given, whatever the type allows. */
function withoutUndefined<T extends object>(options: T): T {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  // Only what the type has as optional can have been undefined.
  return Object.fromEntries(given) as T
}

function checkChoices<K, V>(options: JdbcSinkOptions<K, V>, problems: string[]): void {
  const choose = (name: string, value: string | undefined, among: readonly string[]): void => {
    if (value !== undefined && !among.includes(value)) {
      problems.push(`${name} must be one of ${among.join(', ')}`)
    }
  }
  choose('insertMode', options.insertMode, INSERT_MODES)
  choose('pkMode', options.pkMode, PK_MODES)
  choose('onTombstone', options.onTombstone, TOMBSTONES)
  choose('deliveryGuarantee', options.deliveryGuarantee, GUARANTEES)
  checkTable('table', options.table, problems)
  checkTable('tableNameFormat', options.tableNameFormat, problems)
  checkTable('offsetTable', options.offsetTable, problems)
}

function checkTable(name: string, value: string | undefined, problems: string[]): void {
  if (value === undefined) return
  const parts = value.split('.')
  if (parts.length > 2 || parts.includes('')) problems.push(`${name} must be table or schema.table`)
}

function checkCombinations<K, V>(options: JdbcSinkOptions<K, V>, problems: string[]): void {
  const { insertMode, pkMode, onTombstone, deliveryGuarantee } = { ...DEFAULTS, ...options }
  if (options.table !== undefined && options.tableNameFormat !== undefined) {
    problems.push('table and tableNameFormat exclude each other')
  }
  if (insertMode !== 'insert' && pkMode === 'none') {
    problems.push(`insertMode '${insertMode}' needs a primary key: set pkMode`)
  }
  if (onTombstone === 'delete' && pkMode !== 'recordKey') {
    problems.push(
      "onTombstone 'delete' needs pkMode 'recordKey': a tombstone has nothing but its key",
    )
  }
  if (deliveryGuarantee !== 'idempotent') return
  if (insertMode === 'insert') {
    problems.push(
      "deliveryGuarantee 'idempotent' needs insertMode 'upsert', 'update' or 'ignore': records may be written again",
    )
  }
  if (options.offsetTable !== undefined) {
    problems.push("offsetTable is of no use with deliveryGuarantee 'idempotent'")
  }
}

function checkNumbers<K, V>(options: JdbcSinkOptions<K, V>, problems: string[]): void {
  const { maxConnections, maxRetries } = { ...DEFAULTS, ...options }
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 1) {
    problems.push('maxConnections must be a whole number >= 1')
  }
  if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
    problems.push('maxRetries must be a whole number >= 0')
  }
}

function resolveConnection<K, V>(
  options: JdbcSinkOptions<K, V>,
  problems: string[],
): ConnectionConfig | undefined {
  const url = parseJdbcUrl(options.connectionUrl, problems)
  const connectTimeout = options.connectTimeout ?? url?.connectTimeoutMs ?? 10_000
  const connectTimeoutMs = milliseconds('connectTimeout', connectTimeout, problems)
  const requestTimeout = options.requestTimeout ?? 60_000
  const requestTimeoutMs = milliseconds('requestTimeout', requestTimeout, problems)
  if (url === undefined) return undefined
  if (url.kind === 'sqlite') checkFileOptions(options, problems)
  else checkTls(url, options.tls, problems)
  return {
    url,
    user: options.connectionUser ?? url.user,
    password: options.connectionPassword ?? url.password,
    tls: options.tls,
    // SQLite takes one transaction at a time.
    maxConnections: url.kind === 'sqlite' ? 1 : (options.maxConnections ?? DEFAULTS.maxConnections),
    connectTimeoutMs,
    requestTimeoutMs,
  }
}

function checkFileOptions<K, V>(options: JdbcSinkOptions<K, V>, problems: string[]): void {
  for (const name of ['tls', 'connectionUser', 'connectionPassword', 'maxConnections'] as const) {
    if (options[name] !== undefined) problems.push(`${name} is of no use with SQLite`)
  }
  for (const name of ['table', 'tableNameFormat', 'offsetTable'] as const) {
    if (options[name]?.includes('.') === true) problems.push(`${name}: SQLite has no schemas`)
  }
}

function milliseconds(name: string, duration: Duration, problems: string[]): number {
  try {
    const ms = durationToMs(duration)
    if (ms > 0) return ms
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  problems.push(`${name} must be a duration above 0`)
  return 1
}
