import type { MillraceError } from '@millrace/core'
import type { TableWriter } from '../dialects/dialect.ts'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { InsertMode } from '../options/jdbc-options.ts'
import { foldBatch } from '../rows/fold-batch.ts'
import type { PlannedRow } from '../rows/plan-rows.ts'

/*
 * Semantics. All rows are written that the database takes, and those that it refuses are found by halving, each
 * part behind a savepoint of the open transaction.
 *
 * Invariants.
 * - The order is that of offsets here, not that of keys: of two rows that exclude each other (a unique column
 *   that is not the key) the later one is refused.
 * - Per key only the last row was written. When that one is refused, the one before it counts: then all is taken
 *   back, and written again without the refused ones.
 */

/** What writes rows, and what tells a refused row from any other failure. */
export interface Isolation<K, V> {
  readonly connection: SqlConnection
  readonly writer: TableWriter
  readonly mode: InsertMode
  /** Undefined when the error is not about a row. */
  readonly rejectionFor: (row: PlannedRow<K, V>, error: unknown) => MillraceError | undefined
}

/** Writes what can be written; returns the refused rows. Throws what is not about a row. */
export async function writeIsolated<K, V>(
  isolation: Isolation<K, V>,
  rows: readonly PlannedRow<K, V>[],
): Promise<ReadonlyMap<PlannedRow<K, V>, MillraceError>> {
  const { connection, mode } = isolation
  const refused = new Map<PlannedRow<K, V>, MillraceError>()
  for (;;) {
    const { deletes, puts, foldedKeys } = foldBatch(
      rows.filter((row) => !refused.has(row)),
      mode,
    )
    const found = new Map<PlannedRow<K, V>, MillraceError>()
    await connection.run('SAVEPOINT millrace_batch')
    await halve(isolation, inOrder(deletes), found)
    await halve(isolation, inOrder(puts), found)
    for (const [row, error] of found) refused.set(row, error)
    const uncovers = [...found.keys()].some(({ key }) => key !== undefined && foldedKeys.has(key))
    if (!uncovers) return refused
    await connection.run('ROLLBACK TO SAVEPOINT millrace_batch')
  }
}

function inOrder<K, V>(rows: readonly PlannedRow<K, V>[]): readonly PlannedRow<K, V>[] {
  return [...rows].sort(({ record: a }, { record: b }) => a.offset - b.offset || a.index - b.index)
}

async function halve<K, V>(
  isolation: Isolation<K, V>,
  rows: readonly PlannedRow<K, V>[],
  found: Map<PlannedRow<K, V>, MillraceError>,
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const rejection = await attempt(isolation, rows, first)
  if (rejection === undefined) return
  if (rows.length === 1) {
    found.set(first, rejection)
    return
  }
  const middle = rows.length >> 1
  await halve(isolation, rows.slice(0, middle), found)
  await halve(isolation, rows.slice(middle), found)
}

/** Why a row was refused; all of them are taken back then. Throws what is not about a row. */
async function attempt<K, V>(
  { connection, writer, rejectionFor }: Isolation<K, V>,
  rows: readonly PlannedRow<K, V>[],
  first: PlannedRow<K, V>,
): Promise<MillraceError | undefined> {
  await connection.run('SAVEPOINT millrace_part')
  try {
    const values = rows.map((row) => row.values)
    await (first.isDelete ? writer.delete(connection, values) : writer.put(connection, values))
  } catch (error) {
    const rejection = rejectionFor(first, error)
    if (rejection === undefined) throw error
    await connection.run('ROLLBACK TO SAVEPOINT millrace_part')
    return rejection
  }
  await connection.run('RELEASE SAVEPOINT millrace_part')
  return undefined
}
