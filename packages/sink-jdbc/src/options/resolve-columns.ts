import type { SinkRecord } from '@millrace/core'
import { type ParsedType, parseColumnType } from './column-type.ts'
import type { ColumnOptions, JdbcSinkOptions } from './jdbc-options.ts'
import type { DatabaseKind } from './jdbc-url.ts'

/** A column that is written. */
export interface Column<K, V> {
  /** Name in the table. */
  readonly name: string
  /** Name in `schema`. */
  readonly field: string
  readonly type: ParsedType
  readonly isNullable: boolean
  /** What it holds for a record, not yet checked. */
  readonly read: (record: SinkRecord<K, V>) => unknown
}

/** Columns with the primary key in front. */
export interface ResolvedColumns<K, V> {
  readonly columns: readonly Column<K, V>[]
  readonly keyLength: number
}

const COORDINATES = ['kafka_topic', 'kafka_partition', 'kafka_offset', 'kafka_index'] as const
const COORDINATE_TYPES = ['text', 'int', 'bigint', 'int'] as const
const COORDINATE_VALUES: readonly ((record: SinkRecord<unknown, unknown>) => unknown)[] = [
  (record) => record.topic,
  (record) => record.partition,
  (record) => record.offset,
  (record) => record.index,
]

/** Checks `schema`, `pkFields` and `fieldsWhitelist` against each other. */
export function resolveColumns<K, V>(
  options: JdbcSinkOptions<K, V>,
  database: DatabaseKind | undefined,
  problems: string[],
): ResolvedColumns<K, V> {
  const pkMode = options.pkMode ?? 'none'
  const named = new Map<string, Column<K, V>>()
  const keys = options.pkFields ?? []
  checkKeyFields(options, problems)
  for (const [field, given] of Object.entries(options.schema)) {
    const isKey = pkMode !== 'none' && keys.includes(field)
    const column = resolveColumn(field, given, { isKey, options, database, problems })
    if (column !== undefined) named.set(field, column)
  }
  const chosen = whitelisted(options, named, problems)
  const key = pkMode === 'kafka' ? coordinates<K, V>(keys) : keysOf(keys, named)
  const rest = [...chosen].filter(([field]) => pkMode === 'kafka' || !keys.includes(field))
  const columns = [...key, ...rest.map(([, column]) => column)]
  if (columns.length === 0) problems.push('schema names no column')
  else if (options.insertMode === 'update' && columns.length === key.length) {
    problems.push("insertMode 'update' needs a column beside the primary key")
  }
  checkUnique(columns, problems)
  return { columns, keyLength: key.length }
}

function keysOf<K, V>(
  keys: readonly string[],
  named: ReadonlyMap<string, Column<K, V>>,
): readonly Column<K, V>[] {
  return keys.flatMap((field) => named.get(field) ?? [])
}

function checkKeyFields<K, V>(options: JdbcSinkOptions<K, V>, problems: string[]): void {
  const { pkMode = 'none', pkFields, schema } = options
  if (pkMode === 'none') {
    if (pkFields !== undefined) problems.push("pkFields is of no use with pkMode 'none'")
    return
  }
  if (pkMode === 'kafka') {
    if (pkFields !== undefined && pkFields.length !== COORDINATES.length) {
      problems.push(
        "pkFields must have 4 names for pkMode 'kafka': topic, partition, offset, index",
      )
    }
    return
  }
  if (pkFields === undefined || pkFields.length === 0) {
    problems.push(`pkMode '${pkMode}' needs pkFields: names of schema that are the primary key`)
    return
  }
  for (const field of pkFields) {
    if (!Object.hasOwn(schema, field))
      problems.push(`pkFields names ${field}, which schema has not`)
  }
}

interface ColumnSurroundings<K, V> {
  readonly isKey: boolean
  readonly options: JdbcSinkOptions<K, V>
  readonly database: DatabaseKind | undefined
  readonly problems: string[]
}

function resolveColumn<K, V>(
  field: string,
  given: RowSchemaEntry<K, V>,
  { isKey, options, database, problems }: ColumnSurroundings<K, V>,
): Column<K, V> | undefined {
  const detail: ColumnOptions<K, V> = typeof given === 'string' ? { type: given } : given
  const type = parseColumnType(detail.type)
  if (type === undefined) {
    problems.push(`schema.${field}: ${JSON.stringify(detail.type)} is not a column type`)
    return undefined
  }
  const problem = typeProblem(type, isKey, database)
  if (problem !== undefined) problems.push(`schema.${field}: ${problem}`)
  if (isKey && detail.nullable === true) {
    problems.push(`schema.${field}: a column of the primary key cannot be nullable`)
  }
  const fromKey = isKey && options.pkMode === 'recordKey'
  return {
    name: detail.column ?? field,
    field,
    type,
    isNullable: !isKey && detail.nullable !== false,
    read: detail.value ?? (fromKey ? fromRecordKey(field) : fromValue(field)),
  }
}

type RowSchemaEntry<K, V> = JdbcSinkOptions<K, V>['schema'][string]

function typeProblem(
  type: ParsedType,
  isKey: boolean,
  database: DatabaseKind | undefined,
): string | undefined {
  if (type.isArray && database !== undefined && database !== 'postgresql') {
    return `${database} has no arrays: declare it as 'json'`
  }
  if (isKey && (type.isArray || type.kind === 'json')) {
    return 'arrays and json cannot be part of the primary key'
  }
  const limit =
    database === 'mysql' || database === 'mariadb' ? { p: 65, s: 30 } : { p: 1000, s: 1000 }
  if (type.precision > limit.p || type.scale > limit.s) {
    return `${database ?? 'the database'} has decimals of ${limit.p} digits at most, ${limit.s} of them after the point`
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

function fromRecordKey<K, V>(field: string): (record: SinkRecord<K, V>) => unknown {
  return ({ key }) => (isObject(key) && !(key instanceof Date) ? key[field] : key)
}

function fromValue<K, V>(field: string): (record: SinkRecord<K, V>) => unknown {
  return ({ value }) => {
    if (!isObject(value)) {
      throw new TypeError(`the value is not an object, so it has no field ${field}`)
    }
    return value[field]
  }
}

function coordinates<K, V>(names: readonly string[]): readonly Column<K, V>[] {
  return COORDINATES.map((name, i) => {
    const type = parseColumnType(COORDINATE_TYPES[i] ?? 'text')
    const read = COORDINATE_VALUES[i]
    if (type === undefined || read === undefined) throw new TypeError(`no coordinate ${i}`)
    return { name: names[i] ?? name, field: name, type, isNullable: false, read }
  })
}

function whitelisted<K, V>(
  { fieldsWhitelist, schema }: JdbcSinkOptions<K, V>,
  named: ReadonlyMap<string, Column<K, V>>,
  problems: string[],
): ReadonlyMap<string, Column<K, V>> {
  if (fieldsWhitelist === undefined) return named
  for (const field of fieldsWhitelist) {
    if (!Object.hasOwn(schema, field)) {
      problems.push(`fieldsWhitelist names ${field}, which schema has not`)
    }
  }
  return new Map([...named].filter(([field]) => fieldsWhitelist.includes(field)))
}

function checkUnique<K, V>(columns: readonly Column<K, V>[], problems: string[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    const folded = name.toLowerCase()
    if (seen.has(folded)) problems.push(`two columns are called ${name}`)
    seen.add(folded)
  }
}
