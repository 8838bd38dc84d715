import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { PolledBatch } from '../../kafka/group-consumer.ts'
import type { KafkaReader } from '../../kafka/reader.ts'
import type { Logger } from '../../observe/logger.ts'
import {
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../record/topic-partition.ts'
import { whenReady } from '../../serde/serde-pending.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import { Wakeup } from '../wakeup.ts'
import type { StandbyTask } from './standby-task.ts'

export interface ChangelogTailParts {
  readonly reader: KafkaReader
  readonly scheduler: Scheduler
  readonly logger: Logger
  /** False while active tasks are restored: they come first. */
  readonly mayWork: () => boolean
  readonly onApplied: (records: number) => void
  /** The task's state refused what was read; the tail has let go of the task. */
  readonly onTaskError: (task: StandbyTask, error: MillraceError) => void
  /** Reading failed, and not because a broker is away: where to read from is to be looked up again, for all tasks. */
  readonly onReadError: (error: MillraceError) => void
}

/** A millisecond or two of the main thread, which also processes. */
const POLL_RECORDS = 500
/** The client's calls share four threads: one that waits for records keeps a thread from the others. */
const POLL_TIMEOUT_MS = 5
/** How late a copy hears of what is new, and so how little it costs to keep one up. */
const IDLE_WAIT_MS = 100
/** After applying for one unit of time it rests for three: at most a quarter of the thread. */
const REST_FACTOR = 3
const UNAVAILABLE_WAIT_MS = 500

/**
 * Follows the changelogs of all standby tasks of a member, in the background of its loop.
 *
 * Invariant: of one task at most one batch is being applied, and {@link StandbyTask.stop} waits for it.
 */
export class ChangelogTail {
  readonly #parts: ChangelogTailParts
  readonly #tasks = new Map<string, StandbyTask>()
  readonly #wakeup: Wakeup
  readonly #closing = new AbortController()
  #loop: Promise<void> | undefined
  /** Of what is read and where it goes, in order. */
  readonly #changes: (() => Promise<void>)[] = []

  constructor(parts: ChangelogTailParts) {
    this.#parts = parts
    this.#wakeup = new Wakeup(parts.scheduler)
  }

  /** Follows the task's changelogs from these offsets. */
  add(task: StandbyTask, positions: readonly TopicPartitionOffset[]): void {
    this.#change(async () => {
      for (const { topic, partition } of positions) {
        this.#tasks.set(partitionKey(topic, partition), task)
      }
      await this.#parts.reader.add(positions)
    })
    this.#loop ??= this.#run()
  }

  /** What was read of the task and is not applied yet is thrown away. */
  remove(task: StandbyTask): void {
    // At once, for the poll under way; and again, should the task only be about to be added.
    this.#unroute(task)
    this.#change(async () => {
      this.#unroute(task)
      await this.#parts.reader.remove(task.partitions)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wakeup.wake()
    await this.#loop
    await this.#parts.reader.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#makeChanges()
      if (this.#tasks.size === 0 || !this.#parts.mayWork()) {
        await this.#wakeup.wait(IDLE_WAIT_MS)
        continue
      }
      const batch = await this.#poll()
      if (batch === undefined) continue
      const { scheduler } = this.#parts
      const startMs = scheduler.nowMs()
      await this.#apply(batch.records)
      for (const { topic, partition, offset } of batch.ends) {
        this.#tasks.get(partitionKey(topic, partition))?.reachedEnd(topic, offset)
      }
      const spentMs = Math.max(0, scheduler.nowMs() - startMs)
      const restMs = batch.records.length === 0 ? IDLE_WAIT_MS : spentMs * REST_FACTOR
      await wait(scheduler, restMs, signal)
    }
  }

  async #poll(): Promise<PolledBatch | undefined> {
    const { reader, onReadError } = this.#parts
    try {
      return await reader.poll(POLL_RECORDS, POLL_TIMEOUT_MS)
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      await this.#pauseAfter(error)
      if (error.action !== 'retry') onReadError(error)
      return undefined
    }
  }

  async #apply(records: readonly ConsumedRecord[]): Promise<void> {
    for (const [key, list] of byPartition(records)) {
      const task = this.#tasks.get(key)
      const [first] = list
      if (task === undefined || first === undefined) continue
      try {
        const goesOn = await whenReady(() => task.apply(first.topic, list))
        this.#parts.onApplied(list.length)
        if (!goesOn) this.#pausePartition(task, first)
      } catch (error) {
        if (!MillraceError.is(error)) throw error
        this.remove(task)
        this.#parts.onTaskError(task, error)
      }
    }
  }

  #unroute(task: StandbyTask): void {
    for (const { topic, partition } of task.partitions) {
      const key = partitionKey(topic, partition)
      if (this.#tasks.get(key) === task) this.#tasks.delete(key)
    }
  }

  /** What was read of it beyond is thrown away. */
  #pausePartition(task: StandbyTask, { topic, partition }: TopicPartition): void {
    const key = partitionKey(topic, partition)
    if (this.#tasks.get(key) === task) this.#tasks.delete(key)
    this.#change(() => this.#parts.reader.remove([{ topic, partition }]))
  }

  #change(body: () => Promise<void>): void {
    this.#changes.push(body)
    this.#wakeup.wake()
  }

  /**
   * Between two polls only. Else, when a partition is read anew from an earlier offset:
   * 1. the poll under way holds records from where it was read before
   * 2. the partition is added again, and the task expects its records from the earlier offset
   * 3. the poll returns, its records are taken for the next ones, and those between are never read
   */
  async #makeChanges(): Promise<void> {
    for (let body = this.#changes.shift(); body !== undefined; body = this.#changes.shift()) {
      try {
        await body()
      } catch (error) {
        if (!MillraceError.is(error)) throw error
        await this.#pauseAfter(error)
        this.#parts.onReadError(error)
      }
    }
  }

  async #pauseAfter(error: MillraceError): Promise<void> {
    const { logger, scheduler } = this.#parts
    const fields = { code: error.code, ...error.at }
    logger.warn(`standbys: ${error.message}; going on when it is back`, fields)
    await wait(scheduler, UNAVAILABLE_WAIT_MS, this.#closing.signal)
  }
}

function byPartition(
  records: readonly ConsumedRecord[],
): ReadonlyMap<string, readonly ConsumedRecord[]> {
  const lists = new Map<string, ConsumedRecord[]>()
  for (const record of records) {
    const key = partitionKey(record.topic, record.partition)
    const list = lists.get(key)
    if (list === undefined) lists.set(key, [record])
    else list.push(record)
  }
  return lists
}
