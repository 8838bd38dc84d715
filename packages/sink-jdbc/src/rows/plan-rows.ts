import { MillraceError, type SinkRecord } from '@millrace/core'
import type { JdbcConfig } from '../options/resolve-options.ts'
import type { Column } from '../options/resolve-columns.ts'
import { type Encoded, encodeValue, ValueMismatch } from './encode-value.ts'

/** What a record does to the table. */
export interface PlannedRow<K, V> {
  readonly record: SinkRecord<K, V>
  /** For a deletion the primary key alone. */
  readonly values: readonly Encoded[]
  readonly isDelete: boolean
  /** Equal for equal primary keys; sorts the same in all processes. Undefined without a primary key. */
  readonly key: string | undefined
}

/** A record that will never become a row. */
export interface RejectedRow<K, V> {
  readonly record: SinkRecord<K, V>
  readonly error: MillraceError
}

/** A batch as rows, in the order of offsets. */
export interface RowsOfBatch<K, V> {
  readonly rows: readonly PlannedRow<K, V>[]
  readonly rejected: readonly RejectedRow<K, V>[]
}

/** Turns records into rows; what does not fit is rejected here, before the database sees it. */
export function rowsOf<K, V>(
  records: readonly SinkRecord<K, V>[],
  config: JdbcConfig<K, V>,
): RowsOfBatch<K, V> {
  const rows: PlannedRow<K, V>[] = []
  const rejected: RejectedRow<K, V>[] = []
  for (const record of records) {
    try {
      const row = rowOf(record, config)
      if (row !== undefined) rows.push(row)
    } catch (error) {
      if (!MillraceError.is(error, 'MR_SINK_REJECTED')) throw error
      rejected.push({ record, error })
    }
  }
  return { rows, rejected }
}

function rowOf<K, V>(
  record: SinkRecord<K, V>,
  config: JdbcConfig<K, V>,
): PlannedRow<K, V> | undefined {
  // A tombstone's value is null, whatever V says.
  const isTombstone = (record.value as V | null | undefined) == null
  if (isTombstone && config.onTombstone === 'ignore') return undefined
  if (isTombstone && config.onTombstone === 'reject') {
    throw rejection(record, 'The record is a tombstone, and onTombstone is reject', {
      hint: "Set onTombstone to 'delete' (with pkMode 'recordKey') or 'ignore'.",
    })
  }
  const columns = isTombstone ? config.columns.slice(0, config.keyLength) : config.columns
  const values = columns.map((column) => valueOf(record, column, config))
  const key = config.keyLength === 0 ? undefined : keyOf(values, config.keyLength)
  return { record, values, isDelete: isTombstone, key }
}

function valueOf<K, V>(
  record: SinkRecord<K, V>,
  column: Column<K, V>,
  config: JdbcConfig<K, V>,
): Encoded {
  try {
    const encoded = encodeValue(column.read(record), column.type)
    if (encoded === null && !column.isNullable) throw new ValueMismatch('null is not allowed')
    if (column.type.kind === 'double' && config.connection.url.kind !== 'postgresql') {
      assertFinite(encoded)
    }
    return encoded
  } catch (error) {
    // The reader of a column is the user's, and may throw anything.
    const why = error instanceof ValueMismatch ? error.message : 'its value function threw'
    throw rejection(record, `Column ${column.name} cannot hold the record's value: ${why}`, {
      cause: error,
      at: { column: column.name },
    })
  }
}

function assertFinite(encoded: Encoded): void {
  if (typeof encoded === 'number' && !Number.isFinite(encoded)) {
    throw new ValueMismatch(`${encoded} is no number that this database stores`)
  }
}

function keyOf(values: readonly Encoded[], keyLength: number): string {
  if (keyLength === 1) return keyPart(values[0] ?? null)
  // In JSON, so that parts that lie side by side are not taken for others.
  return JSON.stringify(values.slice(0, keyLength).map(keyPart))
}

function keyPart(value: Encoded): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

interface RejectionDetail {
  readonly cause?: unknown
  readonly hint?: string
  readonly at?: Readonly<Record<string, string | number>>
}

/** An `MR_SINK_REJECTED` with the place of the record. */
export function rejection<K, V>(
  record: SinkRecord<K, V>,
  message: string,
  { cause, hint, at = {} }: RejectionDetail,
): MillraceError {
  return new MillraceError('MR_SINK_REJECTED', message, {
    cause,
    hint:
      hint ?? 'Mend the producer of the record or the table, or give the sink a deadLetterTopic.',
    at: { topic: record.topic, partition: record.partition, offset: record.offset, ...at },
  })
}
