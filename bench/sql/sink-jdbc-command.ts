import { type DatabaseServer, startPostgres } from '@millrace/tools/databases'
import { machineCpuSeconds, processCpuSeconds } from '../run/proc.ts'
import { parseStrictly, positive } from '../run/run-options.ts'
import { CREATE_TABLE, expectation, type SqlLoad } from './order-rows.ts'
import { SQL_WRITERS, type SqlWriter } from './writers.ts'

const OPTIONS = {
  records: { type: 'string', default: '200000' },
  keys: { type: 'string', default: '100000' },
  batch: { type: 'string', default: '3000' },
  rounds: { type: 'string', default: '1' },
} as const

/**
 * `bench sink-jdbc`: rows a second that the SQL sink upserts into PostgreSQL beside the plain driver, by turns on the
 * same server, which writes through to the disk. Prints a JSON line a run. Exit status 3 when the table is not right.
 */
export async function sinkJdbc(args: readonly string[]): Promise<number> {
  const { values } = parseStrictly({ args: [...args], options: OPTIONS })
  const shape = {
    records: positive('records', values.records),
    keys: positive('keys', values.keys),
    batch: positive('batch', values.batch),
  }
  const rounds = positive('rounds', values.rounds)
  if (shape.batch > shape.keys)
    throw new RangeError('a batch may have each key once: batch <= keys')
  const server = await startPostgres({ isDurable: true })
  let isRight = true
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [writer, write] of Object.entries(SQL_WRITERS)) {
        const result = await measure(server, write, shape)
        process.stdout.write(
          `${JSON.stringify({ workload: 'sink-jdbc', writer, ...shape, server: server.version, ...result })}\n`,
        )
        isRight &&= result.verified
      }
    }
  } finally {
    await server.stop()
  }
  return isRight ? 0 : 3
}

interface SqlResult {
  readonly wallSeconds: number
  readonly rowsPerSecond: number
  /** Of the writer: user and system time. */
  readonly cpuMicrosPerRow: number
  /** Of all other processes of the machine, the server's among them. */
  readonly otherCpuSeconds: number
  /** The table has the last record of each key. */
  readonly verified: boolean
}

async function measure(
  server: DatabaseServer,
  write: SqlWriter,
  shape: Pick<SqlLoad, 'records' | 'keys' | 'batch'>,
): Promise<SqlResult> {
  const warm = await server.createDatabase()
  const database = await server.createDatabase()
  try {
    for (const each of [warm, database]) await each.query(CREATE_TABLE)
    const load = { ...shape, jdbcUrl: database.jdbcUrl, url: database.url }
    // Compiles the code.
    const tenth = { ...load, records: Math.ceil(shape.records / 10) }
    await write({ ...tenth, jdbcUrl: warm.jdbcUrl, url: warm.url })
    await server.query('CHECKPOINT')
    const before = [processCpuSeconds(process.pid), machineCpuSeconds()]
    const startMs = performance.now()
    await write(load)
    const wallSeconds = (performance.now() - startMs) / 1000
    const after = [processCpuSeconds(process.pid), machineCpuSeconds()]
    const [own = 0, machine = 0] = after.map((seconds, i) => seconds - (before[i] ?? 0))
    const [row] = await database.query('SELECT count(*) AS n, sum(total) AS total FROM orders')
    const expected = expectation(load)
    return {
      wallSeconds: rounded(wallSeconds, 100),
      rowsPerSecond: Math.round(shape.records / wallSeconds),
      cpuMicrosPerRow: rounded((own / shape.records) * 1e6, 10),
      otherCpuSeconds: rounded(Math.max(0, machine - own), 100),
      verified: Number(row?.['n']) === expected.rows && row?.['total'] === expected.total,
    }
  } finally {
    await warm.drop()
    await database.drop()
  }
}

const rounded = (value: number, scale: number): number => Math.round(value * scale) / scale
