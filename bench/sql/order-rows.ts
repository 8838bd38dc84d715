import type { SinkBatch, SinkRecord } from '@millrace/core'

/** What is written: so many records of so many keys, in batches of so many. */
export interface SqlLoad {
  readonly jdbcUrl: string
  /** For the plain driver. */
  readonly url: string
  readonly records: number
  readonly keys: number
  readonly batch: number
}

/** The value of a record: a row beside its key. */
export interface OrderValue {
  readonly customer: string
  readonly total: string
  readonly placedAt: string
}

const START_MS = 1_767_225_600_000

export const keyOf = (n: number, keys: number): number => n % keys

export function valueOf(n: number): OrderValue {
  return {
    customer: `customer-${n % 5000}`,
    total: `${n}.25`,
    placedAt: new Date(START_MS + n).toISOString(),
  }
}

/** Records `from` to before `to` of one partition. */
export function batchOf(from: number, to: number, keys: number): SinkBatch<number, OrderValue> {
  const at = { topic: 'in', partition: 0 }
  const records = Array.from({ length: to - from }, (_, i): SinkRecord<number, OrderValue> => {
    const offset = from + i
    const key = keyOf(offset, keys)
    return { ...at, offset, index: 0, timestampMs: 0, key, value: valueOf(offset), headers: [] }
  })
  return { ...at, from, to, firstOffset: from, lastOffset: to - 1, records }
}

export const CREATE_TABLE = `
  CREATE TABLE orders (
    id bigint PRIMARY KEY, customer text, total numeric(12,2), placed_at timestamptz)`

/** What the table must hold in the end: rows, and the sum of `total` of the last record of each key. */
export function expectation({ records, keys }: SqlLoad): { rows: number; total: string } {
  const rows = Math.min(records, keys)
  let quarters = 0n
  for (let n = records - rows; n < records; n++) quarters += BigInt(n) * 4n + 1n
  const cents = quarters * 25n
  return { rows, total: `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}` }
}
