import { type Awaitable } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin, TopicDescription } from '../kafka/admin.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { PolledBatch } from '../kafka/group-consumer.ts'
import type { KafkaReader } from '../kafka/reader.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartitionOffset } from '../record/topic-partition.ts'
import { whenReady } from '../serde/serde-pending.ts'
import type { ChangelogPosition, TaskState } from '../state/state-backend.ts'
import type { Scheduler } from '../time/clock.ts'
import { wait } from '../time/wait.ts'
import { restoreStart } from './restore-start.ts'
import type { ChangelogReader } from './source-changelog.ts'
import type { AppMetrics } from './task-metrics.ts'

/** How far the restore of one store is. */
export interface RestoreProgress {
  readonly taskId: string
  readonly store: string
  readonly topic: string
  readonly partition: number
  /** Records read so far, of about `total`: an offset range, in which compaction leaves gaps. */
  readonly restored: number
  readonly total: number
  /** Bytes of keys and values read so far. */
  readonly restoredBytes: number
  /** Offsets of `total` that are still to go. */
  readonly remaining: number
  readonly elapsedMs: number
  /** 'suspended': the task was taken away. What is restored stays, where state outlives the process. */
  readonly phase: 'start' | 'batch' | 'suspended' | 'end'
}

/** Told of the progress of restores; must not block. */
export type RestoreListener = (progress: RestoreProgress) => void

/** A store of a task that is being opened, and its changelog. */
export interface RestoreRequest {
  readonly taskId: string
  readonly state: TaskState
  readonly store: string
  readonly topic: string
  readonly partition: number
  readonly changelog: ChangelogReader
  /**
   * For the topic of a source: its committed offset. What is behind it is not processed yet, so it is not of the
   * state. Undefined: the whole changelog counts.
   */
  readonly limit?: number | undefined
}

interface Restore extends RestoreRequest {
  readonly topicId: string
  readonly from: number
  readonly end: number
  readonly startMs: number
  position: number
  restored: number
  restoredBytes: number
}

export interface RestorerParts {
  readonly reader: KafkaReader
  readonly admin: KafkaAdmin
  readonly scheduler: Scheduler
  readonly metrics: AppMetrics
  readonly logger: Logger
  /** True while tasks are processed, which the restore leaves room for. */
  readonly isBusy: () => boolean
  readonly onProgress: RestoreListener
  /** Called when a task is complete, and when reading failed: then {@link Restorer.takeDone} throws. */
  readonly onChange: () => void
}

/** What a poll gives is applied at once: about 50 ms of the main thread, which nobody else wants. */
const IDLE_POLL_RECORDS = 10_000
/** About as long as the slice in which tasks process, with which it takes turns. */
const BUSY_POLL_RECORDS = 2000
const POLL_TIMEOUT_MS = 100
const UNAVAILABLE_WAIT_MS = 200

/**
 * Fills stores from their changelogs, while the tasks that are ready go on.
 *
 * Semantics: reads committed records from the store's position to the changelog's end, which is taken
 * when the restore begins. It is done when the reader's *position* is there: the last offsets may be
 * commit markers, which never come as records. From the topic of a source it reads to the committed offset of
 * the task's input and no further: what comes after will be processed.
 *
 * Why the end and not the last stable offset (Kafka Streams: KAFKA-10167): a transaction is committed
 * once its coordinator has written so, and the markers then reach the partitions one after the other.
 * 1. the marker is in the partition of the group's offsets, so these are stable and given out
 * 2. it is not yet in the changelog's partition, on another broker: the last stable offset is before
 *    the records that belong to those offsets
 * The reader gets no further than the last stable offset, so to wait for the end is to wait for 2.
 *
 * Invariant: the caller has read the task's committed source offsets before it calls {@link start}.
 * They are stable, so an undecided transaction of the previous owner was waited for, and its changelog
 * records are before the end that is read here. The other way round could miss that transaction.
 */
export class Restorer {
  readonly #parts: RestorerParts
  readonly #running = new Map<string, Restore>()
  /** Not read yet: the reader is given them between two polls. */
  #waiting: Restore[] = []
  #done: string[] = []
  #failure: unknown
  #loop: Promise<void> | undefined
  /** Settles, never rejects: the loop tells of errors. */
  #applying: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(parts: RestorerParts) {
    this.#parts = parts
  }

  /** Begins; {@link takeDone} names the task when its stores are complete. */
  async start(taskId: string, requests: readonly RestoreRequest[]): Promise<void> {
    const { admin, scheduler } = this.#parts
    const partitions = requests.map(({ topic, partition }) => ({ topic, partition }))
    const [starts, ends, topicIds] = await Promise.all([
      admin.listOffsets(partitions, 'start').then(offsetsByPartition),
      admin.listOffsets(partitions, 'end').then(offsetsByPartition),
      admin.describeTopics(partitions.map(({ topic }) => topic)).then(idsByTopic),
    ])
    const added: Restore[] = []
    for (const request of requests) {
      const key = partitionKey(request.topic, request.partition)
      const first = starts.get(key) ?? 0
      const isSource = request.limit !== undefined
      const end = request.limit ?? ends.get(key) ?? 0
      const topicId = topicIds.get(request.topic) ?? ''
      const extent = { first, end, topicId, isSource }
      const from = await restoreStart(request, extent, this.#parts.logger)
      if (from >= end) continue
      const startMs = scheduler.nowMs()
      added.push({
        ...request,
        topicId,
        from,
        end,
        position: from,
        restored: 0,
        restoredBytes: 0,
        startMs,
      })
    }
    for (const restore of added) {
      this.#waiting.push(restore)
      this.#report(restore, 'start')
    }
    if (added.length === 0) {
      this.#finishTask(taskId)
      return
    }
    // The reader is beyond what could not be applied: to go on would take it for restored.
    if (this.#failure === undefined) this.#loop ??= this.#run()
  }

  /** True when the task is complete, and {@link takeDone} has not named it yet. */
  isDone(taskId: string): boolean {
    return this.#done.includes(taskId)
  }

  /** Tasks that became complete since the last call. @throws what reading a changelog failed with. */
  takeDone(): readonly string[] {
    if (this.#failure !== undefined) throw this.#failure as Error
    const done = this.#done
    this.#done = []
    return done
  }

  /** Stops restoring a task that was taken away: its state may be closed when this has resolved. */
  async cancel(taskId: string): Promise<void> {
    const isCancelled = (restore: Restore): boolean => restore.taskId === taskId
    const unread = this.#waiting.filter(isCancelled)
    this.#waiting = this.#waiting.filter((restore) => !isCancelled(restore))
    const cancelled = [...this.#running.values()].filter(isCancelled)
    for (const restore of cancelled) this.#running.delete(keyOf(restore))
    this.#done = this.#done.filter((done) => done !== taskId)
    if (cancelled.length > 0) await this.#applying
    for (const restore of [...cancelled, ...unread]) this.#report(restore, 'suspended')
    if (cancelled.length > 0) await this.#parts.reader.remove(cancelled)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#loop
    await this.#parts.reader.close()
  }

  async #run(): Promise<void> {
    try {
      while (this.#running.size + this.#waiting.length > 0 && !this.#closed) {
        if (this.#waiting.length > 0) await this.#addWaiting()
        const { records, ends } = await this.#poll()
        await this.#apply(records)
        for (const end of ends) {
          const restore = this.#running.get(partitionKey(end.topic, end.partition))
          if (restore !== undefined) restore.position = Math.max(restore.position, end.offset)
        }
        await this.#finishComplete()
      }
    } catch (error) {
      this.#failure = error
      this.#parts.onChange()
    } finally {
      this.#loop = undefined
    }
  }

  /**
   * Between two polls only. Else, when a task is taken away and comes back from an earlier offset:
   * 1. the poll under way holds records from where it was read before
   * 2. the partition is added again, and its restore expects the records from the earlier offset
   * 3. the poll returns, its records are taken for the next ones, and those between are never read
   */
  async #addWaiting(): Promise<void> {
    const { reader } = this.#parts
    const added = this.#waiting
    this.#waiting = []
    for (const restore of added) this.#running.set(keyOf(restore), restore)
    try {
      await reader.add(
        added.map(({ topic, partition, from }) => ({ topic, partition, offset: from })),
      )
    } catch (error) {
      const wanted = added.filter((restore) => this.#isRunning(restore))
      for (const restore of wanted) this.#running.delete(keyOf(restore))
      this.#waiting.unshift(...wanted)
      await this.#waitAfter(error)
      return
    }
    const cancelled = added.filter((restore) => !this.#isRunning(restore))
    if (cancelled.length > 0) await reader.remove(cancelled)
  }

  async #poll(): Promise<PolledBatch> {
    try {
      return await this.#parts.reader.poll(
        this.#parts.isBusy() ? BUSY_POLL_RECORDS : IDLE_POLL_RECORDS,
        POLL_TIMEOUT_MS,
      )
    } catch (error) {
      await this.#waitAfter(error)
      return { records: [], ends: [] }
    }
  }

  /** A restore waits for a broker that is away; what it has read so far stays read. */
  async #waitAfter(error: unknown): Promise<void> {
    if (!MillraceError.is(error) || error.action !== 'retry') throw error
    this.#parts.logger.warn(`restore: ${error.message}; going on when it is back`, {
      ...error.at,
    })
    await wait(this.#parts.scheduler, UNAVAILABLE_WAIT_MS)
  }

  async #apply(records: readonly ConsumedRecord[]): Promise<void> {
    const byRestore = new Map<Restore, ConsumedRecord[]>()
    for (const record of records) {
      const restore = this.#running.get(partitionKey(record.topic, record.partition))
      if (restore === undefined || record.offset < restore.position) continue
      const list = byRestore.get(restore)
      if (list === undefined) byRestore.set(restore, [record])
      else list.push(record)
    }
    for (const [restore, list] of byRestore) {
      // It may have been taken away while another one was applied; its state is closed then.
      if (this.#isRunning(restore)) await this.#applyTo(restore, list)
    }
  }

  async #applyTo(restore: Restore, list: readonly ConsumedRecord[]): Promise<void> {
    const next = (list.at(-1)?.offset ?? 0) + 1
    // Beyond the committed offset of a source nothing is of the state. Of a changelog there is nothing.
    const isLimited = restore.limit !== undefined && next > restore.end
    const offset = isLimited ? restore.end : next
    const own = isLimited ? list.filter((record) => record.offset < restore.end) : list
    const { state, store, changelog } = restore
    const restored = await this.#decoded(() => changelog.restore(own, state.entries(store)))
    // It may have been taken away meanwhile; its state is closed then.
    if (restored === undefined || !this.#isRunning(restore)) return
    const batch = { store, ...restored }
    await this.#change(state.apply([batch], positionOf(restore, offset)))
    restore.position = offset
    restore.restored += own.length
    restore.restoredBytes += bytesOf(own)
    this.#parts.metrics.recordsRestored += own.length
    if (this.#isRunning(restore)) this.#report(restore, 'batch')
  }

  /** What serdes have to get first is waited for, as a broker is. Undefined when the restorer is closed meanwhile. */
  async #decoded<T>(decode: () => T): Promise<T | undefined> {
    while (!this.#closed) {
      try {
        return await whenReady(decode)
      } catch (error) {
        await this.#waitAfter(error)
      }
    }
    return undefined
  }

  async #finishComplete(): Promise<void> {
    const complete = [...this.#running.values()].filter(({ position, end }) => position >= end)
    if (complete.length === 0) return
    for (const restore of complete) {
      if (!this.#isRunning(restore)) continue
      const { state, position, end, taskId } = restore
      const reached = restore.limit === undefined ? Math.max(position, end) : end
      await this.#change(state.apply([], positionOf(restore, reached)))
      if (!this.#running.delete(keyOf(restore))) continue
      this.#report(restore, 'end')
      await this.#parts.reader.remove([restore])
      this.#finishTask(taskId)
    }
  }

  #finishTask(taskId: string): void {
    if (this.#done.includes(taskId)) return
    const isOfTask = (restore: Restore): boolean => restore.taskId === taskId
    if ([...this.#running.values(), ...this.#waiting].some(isOfTask)) return
    this.#done.push(taskId)
    this.#parts.onChange()
  }

  #isRunning(restore: Restore): boolean {
    return this.#running.get(keyOf(restore)) === restore
  }

  /** What {@link cancel} waits for: a state is not closed while it changes. */
  async #change(change: Awaitable<void>): Promise<void> {
    if (change === undefined) return
    this.#applying = Promise.allSettled([change])
    await change
  }

  #report(restore: Restore, phase: RestoreProgress['phase']): void {
    const { taskId, store, topic, partition, restored, restoredBytes } = restore
    const { from, end, position, startMs } = restore
    this.#parts.onProgress({
      taskId,
      store,
      topic,
      partition,
      restored,
      total: end - from,
      restoredBytes,
      remaining: Math.max(0, end - position),
      elapsedMs: this.#parts.scheduler.nowMs() - startMs,
      phase,
    })
  }
}

function keyOf({ topic, partition }: Restore): string {
  return partitionKey(topic, partition)
}

function positionOf(
  { store, topicId }: { readonly store: string; readonly topicId: string },
  offset: number,
): ReadonlyMap<string, ChangelogPosition> {
  return new Map([[store, { offset, topicId }]])
}

function bytesOf(records: readonly ConsumedRecord[]): number {
  let bytes = 0
  for (const { key, value } of records) bytes += (key?.length ?? 0) + (value?.length ?? 0)
  return bytes
}

function idsByTopic(topics: readonly TopicDescription[]): ReadonlyMap<string, string> {
  return new Map(topics.map(({ topic, topicId }) => [topic, topicId]))
}

function offsetsByPartition(offsets: readonly TopicPartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(
    offsets.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]),
  )
}
