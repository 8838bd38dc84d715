import { MillraceError, type SinkBatch, type SinkWriteControl } from '@millrace/core'
import type { OffsetStatements, TableWriter } from '../dialects/dialect.ts'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import { foldBatch } from '../rows/fold-batch.ts'
import { type PlannedRow, type RejectedRow, rejection, rowsOf } from '../rows/plan-rows.ts'
import { writeIsolated } from './isolate-rejected.ts'
import { type SinkSession, waitBeforeRetry, withConnection } from './sink-session.ts'

/*
 * Semantics. A batch is one transaction of the database: the position is moved first, which locks its row and is the
 * fence; then come the rows; then rejected records go to the dead-letter topic; then the commit.
 *
 * Why. The fence is a conditional update: it waits for the transaction of whoever holds the row, and finds no row
 * when the epoch or the position is another. So a zombie and a replay change nothing, and two processes never
 * write rows of one partition at the same time. Rejected records are delivered before the commit: a crash in
 * between delivers them again, and loses none.
 *
 * Invariants.
 * - When the commit's outcome is not known the batch fails. When it is written again the fence tells: the position
 *   is `to` under the same epoch only if that commit took effect.
 * - A row is called bad only under statements that fit the table as it is now: the catalog is read again first.
 */

/** A batch on its way, through all its attempts. */
export interface BatchWrite<K, V> {
  readonly session: SinkSession<K, V>
  readonly batch: SinkBatch<K, V>
  readonly control: SinkWriteControl<K, V>
  readonly signal: AbortSignal
  /** Of the claim; undefined where no positions are kept. */
  readonly epoch: number | undefined
}

interface Progress<K, V> {
  readonly rows: readonly PlannedRow<K, V>[]
  readonly rejected: readonly RejectedRow<K, V>[]
  /** What is in the dead-letter topic already. */
  readonly delivered: Set<object>
  /** Whether rows are written so that a bad one is found. */
  isIsolating: boolean
  isRefreshed: boolean
  retries: number
}

/** Resolves when the batch is committed, or was before. Rejects with what the driver throws, or a MillraceError. */
export async function writeBatch<K, V>(write: BatchWrite<K, V>): Promise<void> {
  const { session, batch, signal } = write
  const progress: Progress<K, V> = {
    ...rowsOf(batch.records, session.config),
    delivered: new Set(),
    isIsolating: false,
    isRefreshed: false,
    retries: 0,
  }
  for (;;) {
    try {
      await withConnection(session, signal, (connection) => transact(write, progress, connection))
      return
    } catch (error) {
      if (signal.aborted || !(await mayTryAgain(write, progress, error))) throw error
    }
  }
}

/** Decides what the next attempt does otherwise. False when there is none. */
async function mayTryAgain<K, V>(
  { session, batch, signal }: BatchWrite<K, V>,
  progress: Progress<K, V>,
  error: unknown,
): Promise<boolean> {
  if (MillraceError.is(error)) return false
  const fault = session.errors.classify(error)
  if (fault === 'transaction') {
    if (progress.retries >= session.config.maxRetries) return false
    await waitBeforeRetry(session.context, progress.retries++, signal)
    return !signal.aborted
  }
  if (fault !== 'data' && fault !== 'schema') return false
  if (!progress.isRefreshed) {
    progress.isRefreshed = true
    const hasChanged = await withConnection(session, signal, (connection) =>
      session.targets.refresh(connection, batch.topic),
    )
    if (hasChanged || fault === 'schema') return true
  }
  if (fault === 'schema' || progress.isIsolating) return false
  progress.isIsolating = true
  return true
}

async function transact<K, V>(
  write: BatchWrite<K, V>,
  progress: Progress<K, V>,
  connection: SqlConnection,
): Promise<void> {
  const { session, batch } = write
  const target = await session.targets.get(connection, batch.topic)
  try {
    await connection.run(session.dialect.begin)
    if (!(await passFence(write, connection))) {
      await connection.run('ROLLBACK')
      return
    }
    const refused = await writeRows(write, progress, connection, target)
    await deliver(write, progress, refused)
    write.signal.throwIfAborted()
    await connection.run('COMMIT')
  } catch (error) {
    await rollBack(connection)
    throw error
  }
}

/** False when the batch is committed already. The position's row is locked when it is true. */
async function passFence<K, V>(
  { session: { offsets, context }, batch, epoch }: BatchWrite<K, V>,
  connection: SqlConnection,
): Promise<boolean> {
  if (offsets === undefined || epoch === undefined) return true
  const { topic, partition, from, to } = batch
  const key = { sinkId: context.sinkId, topic, partition }
  if (await offsets.move(connection, { ...key, epoch, from, to })) return true
  return await isWritten(offsets, connection, { ...key, epoch, from, to })
}

type Move = Parameters<OffsetStatements['move']>[1]

async function isWritten(
  offsets: OffsetStatements,
  connection: SqlConnection,
  move: Move,
): Promise<false> {
  const stored = await offsets.read(connection, move)
  if (stored?.epoch === move.epoch && stored.nextOffset === move.to) return false
  throw new MillraceError(
    'MR_SINK_FENCED',
    stored === undefined
      ? 'The position of the partition is not in the database any more'
      : 'Another writer has claimed the partition in the database',
    {
      at: {
        topic: move.topic,
        partition: move.partition,
        sink: move.sinkId,
        epoch: move.epoch,
        from: move.from,
        ...(stored !== undefined && { storedEpoch: stored.epoch, storedOffset: stored.nextOffset }),
      },
      hint: 'Nothing is to be done when a process was replaced. If it repeats, two applications write under one sink id.',
    },
  )
}

async function writeRows<K, V>(
  { session }: BatchWrite<K, V>,
  progress: Progress<K, V>,
  connection: SqlConnection,
  writer: TableWriter,
): Promise<readonly RejectedRow<K, V>[]> {
  const mode = session.config.insertMode
  if (!progress.isIsolating) {
    const { deletes, puts } = foldBatch(progress.rows, mode)
    if (deletes.length > 0)
      await writer.delete(
        connection,
        deletes.map(({ values }) => values),
      )
    if (puts.length > 0)
      await writer.put(
        connection,
        puts.map(({ values }) => values),
      )
    return []
  }
  const rejectionFor = (row: PlannedRow<K, V>, error: unknown): MillraceError | undefined =>
    session.errors.classify(error) === 'data'
      ? rejection(row.record, 'The database refuses the record', {
          cause: error,
          at: session.errors.placeOf(error),
        })
      : undefined
  const refused = await writeIsolated({ connection, writer, mode, rejectionFor }, progress.rows)
  return [...refused].map(([row, error]) => ({ record: row.record, error }))
}

/** Hands rejected records over in the order of offsets, those that an earlier attempt did not. */
async function deliver<K, V>(
  { control }: BatchWrite<K, V>,
  { rejected, delivered }: Progress<K, V>,
  refused: readonly RejectedRow<K, V>[],
): Promise<void> {
  const all = [...rejected, ...refused].sort(
    ({ record: a }, { record: b }) => a.offset - b.offset || a.index - b.index,
  )
  for (const { record, error } of all) {
    if (delivered.has(record)) continue
    await control.reject(record, error)
    delivered.add(record)
  }
}

/** Leaves the session without a transaction, or ends it. */
async function rollBack(connection: SqlConnection): Promise<void> {
  if (!connection.isUsable) return
  try {
    await connection.run('ROLLBACK')
  } catch {
    // The transaction ends with the session; what made the rollback fail is no news beside what made it needed.
    connection.destroy()
  }
}
