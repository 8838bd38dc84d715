import { silentLogger } from '@millrace/core'
import { systemClock } from '@millrace/core/internal'
import { jdbcSink } from '@millrace/sink-jdbc'
import { Client } from 'pg'
import { batchOf, keyOf, type SqlLoad, valueOf } from './order-rows.ts'

/** Writes all of it once; the table is there and empty. */
export type SqlWriter = (load: SqlLoad) => Promise<void>

/** Writers by what they are called in results. */
export const SQL_WRITERS: Readonly<Record<string, SqlWriter>> = {
  'sink-jdbc, exactly once': (load) => throughSink(load, 'exactly_once'),
  'sink-jdbc, idempotent': (load) => throughSink(load, 'idempotent'),
  'pg, many rows a statement': (load) => throughDriver(load, writeTogether),
  'pg, row by row': (load) => throughDriver(load, writeEach),
}

/** The sink as the runtime calls it, without a broker. */
async function throughSink(
  { jdbcUrl, records, keys, batch }: SqlLoad,
  deliveryGuarantee: 'exactly_once' | 'idempotent',
): Promise<void> {
  const sink = jdbcSink({
    connectionUrl: jdbcUrl,
    table: 'orders',
    deliveryGuarantee,
    insertMode: 'upsert',
    pkMode: 'recordKey',
    pkFields: ['id'],
    schema: {
      id: 'bigint',
      customer: 'text',
      total: 'decimal(12,2)',
      placedAt: { type: 'timestamp', column: 'placed_at' },
    },
  })
  await sink.open({
    ...{ sinkId: 'bench', owner: 'bench', logger: silentLogger },
    ...{ scheduler: systemClock, random: Math.random },
  })
  const { signal } = new AbortController()
  const control = { signal, reject: (_: unknown, error: Error) => Promise.reject(error) }
  try {
    const writer = await sink.claim({ topic: 'in', partition: 0, initialOffset: 0, signal })
    for (let from = 0; from < records; from += batch) {
      await writer.write(batchOf(from, Math.min(from + batch, records), keys), control)
    }
  } finally {
    await sink.close()
  }
}

const HEAD = 'INSERT INTO orders (id, customer, total, placed_at) VALUES'
const TAIL = `ON CONFLICT (id) DO UPDATE
  SET customer = EXCLUDED.customer, total = EXCLUDED.total, placed_at = EXCLUDED.placed_at`

type Row = readonly [id: number, customer: string, total: string, placedAt: string]

const rowOf = (n: number, keys: number): Row => {
  const { customer, total, placedAt } = valueOf(n)
  return [keyOf(n, keys), customer, total, placedAt]
}

/** The driver as one would use it: the same rows in transactions of the same size, no position, nothing bad looked for. */
async function throughDriver(
  { url, records, keys, batch }: SqlLoad,
  write: (client: Client, rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (let from = 0; from < records; from += batch) {
      const to = Math.min(from + batch, records)
      const rows = Array.from({ length: to - from }, (_, i) => rowOf(from + i, keys))
      await client.query('BEGIN')
      await write(client, rows)
      await client.query('COMMIT')
    }
  } finally {
    await client.end()
  }
}

/** One prepared statement for each row. */
async function writeEach(client: Client, rows: readonly Row[]): Promise<void> {
  const text = `${HEAD} ($1, $2, $3, $4) ${TAIL}`
  for (const row of rows) await client.query({ name: 'one', text, values: [...row] })
}

/** One prepared statement with a place for each value: the same one, while batches are of one size. */
async function writeTogether(client: Client, rows: readonly Row[]): Promise<void> {
  const places = rows.map((_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`)
  const text = `${HEAD} ${places.join(', ')} ${TAIL}`
  await client.query({ name: `many-${rows.length}`, text, values: rows.flat() })
}
