import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { PolledBatch } from '../../kafka/group-consumer.ts'
import type { KafkaReader } from '../../kafka/reader.ts'
import type { Logger } from '../../observe/logger.ts'
import { partitionKey, type TopicPartitionOffset } from '../../record/topic-partition.ts'
import { whenReady } from '../../serde/serde-pending.ts'
import type { TaskState } from '../../state/state-backend.ts'
import type { StateStore } from '../../state/state-store.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import type { GlobalStore } from '../../topology/topology-node.ts'
import type { RestoreListener } from '../restorer.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { type GlobalExtent, globalExtents } from './global-extents.ts'
import { GlobalStoreFeed } from './global-store-feed.ts'
import { type GlobalEnvironment, GlobalStoreTask } from './global-store-task.ts'

export interface GlobalStoresParts {
  readonly globalStores: readonly GlobalStore[]
  /** Open, with the stores that `storesOf` gives; it stays the caller's. */
  readonly state: TaskState
  readonly environment: GlobalEnvironment
  readonly reader: KafkaReader
  readonly admin: KafkaAdmin
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly retries: RetryOptions
  readonly onProgress: RestoreListener
  /** Called when following has failed: then {@link GlobalStores.check} throws. */
  readonly onFailure: () => void
  /** Aborted when the app is to stop. */
  readonly stop: AbortSignal
}

/** What a poll gives is applied at once, and nobody else wants the main thread while stores are filled. */
const LOAD_POLL_RECORDS = 10_000
const LOAD_POLL_TIMEOUT_MS = 100
/** A few milliseconds of the main thread, which also processes. */
const FOLLOW_POLL_RECORDS = 500
/** The client's calls share four threads: one that waits for records keeps a thread from the others. */
const FOLLOW_POLL_TIMEOUT_MS = 5
/** How late a change is seen, at most, while there are no others. */
const IDLE_WAIT_MS = 20
/** After applying for one unit of time it rests for as long: half of the thread is for the tasks. */
const REST_FACTOR = 1
/** Topics are looked at this often: whether they are still the same, and have more partitions. */
const REFRESH_MS = 3000
const UNAVAILABLE_WAIT_MS = 200

/**
 * The global stores of one member: filled before anything is processed, and followed for as long as it lives.
 *
 * Semantics: {@link load} reads every partition of every global topic from the store's position to the last stable
 * offset that it has then. {@link follow} goes on from there in the background, committed records only, with a
 * reader that is in no group: rebalances do not touch it. Tasks see what is applied at the moment they look.
 *
 * A store that does not fit its topic is emptied and filled anew, and never while tasks may read it: when the
 * topic was made anew, or records were deleted that the store has not seen, the member ends (`MR_TOPICS_CHANGED`)
 * and the next one fills the store before it processes.
 */
export class GlobalStores {
  readonly #parts: GlobalStoresParts
  readonly #tasks: readonly GlobalStoreTask[]
  /** By partition of a topic. */
  readonly #feeds = new Map<string, GlobalStoreFeed>()
  readonly #closing = new AbortController()
  /** Topics that are not there at the moment, which is said once. */
  readonly #missing = new Set<string>()
  #loop: Promise<void> | undefined
  #failure: unknown
  #lastRefreshMs = 0

  constructor(parts: GlobalStoresParts) {
    this.#parts = parts
    const { globalStores, state, environment } = parts
    this.#tasks = globalStores.map(
      (globalStore) =>
        new GlobalStoreTask({
          globalStore,
          state,
          environment,
          globalStoreNamed: (name) => this.get(name),
        }),
    )
  }

  /** The store of that name as processors may read it. */
  get(name: string): StateStore | undefined {
    return this.#tasks.find(({ storeName }) => storeName === name)?.view
  }

  /** Records that are known to be there and not applied yet. */
  get lag(): number {
    let lag = 0
    for (const feed of this.#feeds.values()) lag += feed.remaining
    return lag
  }

  /**
   * Fills the stores; resolves early when the app is to stop.
   * @throws MillraceError `MR_UNKNOWN_TOPIC`, or of a record that cannot be processed, or of the state
   */
  async load(): Promise<void> {
    for (const task of this.#tasks) await task.init()
    while (!this.#isEnding && !(await this.#tryToLoad()));
    this.#lastRefreshMs = this.#parts.scheduler.nowMs()
  }

  /** Goes on in the background, until {@link close}. */
  follow(): void {
    this.#loop ??= this.#follow()
  }

  /** What following has failed with. */
  get failure(): unknown {
    return this.#failure
  }

  /** @throws what following has failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure as Error
  }

  /** Closes processors and the reader; the state is the caller's. Idempotent by its callers, and never throws. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#loop
    for (const feed of this.#feeds.values()) feed.end()
    for (const task of this.#tasks) await task.close()
    try {
      await this.#parts.reader.close()
    } catch (error) {
      this.#parts.logger.warn('a client failed to close', { error })
    }
  }

  get #isEnding(): boolean {
    return this.#parts.stop.aborted || this.#closing.signal.aborted
  }

  /** False when the log has changed under the reader, so that where to begin is to be looked up again. */
  async #tryToLoad(): Promise<boolean> {
    try {
      await this.#begin(await this.#extents())
      while (!this.#isEnding && [...this.#feeds.values()].some((feed) => !feed.isLoaded)) {
        const batch = await this.#poll(LOAD_POLL_RECORDS, LOAD_POLL_TIMEOUT_MS)
        await this.#take(batch)
        this.#parts.environment.metrics.recordsRestored += batch.records.length
      }
      return true
    } catch (error) {
      if (!MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE')) throw error
      await this.#pauseAfter(error)
      await this.#parts.reader.remove([...this.#feeds.values()])
      return false
    }
  }

  async #extents(): Promise<ReadonlyMap<string, readonly GlobalExtent[]>> {
    const { admin, retries } = this.#parts
    const topics = this.#tasks.map(({ topic }) => topic)
    return retry('looking up global topics', retries, async () => globalExtents(admin, topics))
  }

  async #begin(extents: ReadonlyMap<string, readonly GlobalExtent[]>): Promise<void> {
    const positions: TopicPartitionOffset[] = []
    for (const task of this.#tasks) {
      const found = extents.get(task.topic)
      if (found === undefined) throw missingTopic(task)
      await this.#fit(task, found)
      for (const extent of found) positions.push(this.#open(task, extent))
    }
    await this.#parts.reader.add(positions)
  }

  /** A store is of use only if all partitions go on from where it is. */
  async #fit(task: GlobalStoreTask, extents: readonly GlobalExtent[]): Promise<void> {
    const known = extents.map((extent) => GlobalStoreFeed.misfit(task, extent))
    const reason = known.find((one) => one !== undefined)
    if (reason !== undefined) {
      const { storeName, topic } = task
      this.#parts.logger.warn(`global store ${storeName} is built anew: ${reason}`, {
        store: storeName,
        topic,
      })
    }
    const isNew = extents.every(({ partition }) => task.position(partition) === undefined)
    if (isNew || reason !== undefined) await task.clear()
  }

  #open(task: GlobalStoreTask, extent: GlobalExtent): TopicPartitionOffset {
    const { scheduler, onProgress } = this.#parts
    const feed = new GlobalStoreFeed({ task, extent, scheduler, onProgress })
    const { topic, partition, position } = feed
    this.#feeds.set(partitionKey(topic, partition), feed)
    return { topic, partition, offset: position }
  }

  async #follow(): Promise<void> {
    const { scheduler, onFailure } = this.#parts
    try {
      while (!this.#isEnding) {
        const batch = await this.#poll(FOLLOW_POLL_RECORDS, FOLLOW_POLL_TIMEOUT_MS)
        const startMs = scheduler.nowMs()
        await this.#take(batch)
        const spentMs = Math.max(0, scheduler.nowMs() - startMs)
        await this.#refresh()
        const restMs =
          batch.records.length === 0 ? IDLE_WAIT_MS : Math.max(1, spentMs * REST_FACTOR)
        await wait(scheduler, restMs, this.#closing.signal)
      }
    } catch (error) {
      this.#failure = MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE')
        ? topicChanged(error)
        : error
      onFailure()
    }
  }

  /** A broker that is away is waited for, and so is a topic: what was read stays read. */
  async #poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    try {
      return await this.#parts.reader.poll(maxRecords, timeoutMs)
    } catch (error) {
      const canWait = MillraceError.is(error) && error.action === 'retry'
      if (!canWait && !MillraceError.is(error, 'MR_UNKNOWN_TOPIC')) throw error
      await this.#pauseAfter(error)
      return { records: [], ends: [] }
    }
  }

  async #take({ records, ends }: PolledBatch): Promise<void> {
    for (const [feed, list] of this.#byFeed(records)) await this.#apply(feed, list)
    for (const { topic, partition, offset } of ends) {
      await this.#feeds.get(partitionKey(topic, partition))?.reachedEnd(offset)
    }
  }

  /** What a serde has to get first is waited for. Nothing of a batch is applied before all of it can be decoded. */
  #apply(feed: GlobalStoreFeed, records: readonly ConsumedRecord[]): Promise<void> {
    const signal = AbortSignal.any([this.#parts.stop, this.#closing.signal])
    return retry('filling global stores', { ...this.#parts.retries, signal }, () =>
      whenReady(() => feed.apply(records)),
    )
  }

  #byFeed(
    records: readonly ConsumedRecord[],
  ): ReadonlyMap<GlobalStoreFeed, readonly ConsumedRecord[]> {
    const lists = new Map<GlobalStoreFeed, ConsumedRecord[]>()
    for (const record of records) {
      const feed = this.#feeds.get(partitionKey(record.topic, record.partition))
      if (feed === undefined) continue
      const list = lists.get(feed)
      if (list === undefined) lists.set(feed, [record])
      else list.push(record)
    }
    return lists
  }

  /** @throws MillraceError `MR_TOPICS_CHANGED` when a store does not fit its topic any more */
  async #refresh(): Promise<void> {
    const { admin, scheduler, logger, reader } = this.#parts
    const now = scheduler.nowMs()
    if (now - this.#lastRefreshMs < REFRESH_MS) return
    this.#lastRefreshMs = now
    let extents: ReadonlyMap<string, readonly GlobalExtent[]>
    try {
      const topics = this.#tasks.map(({ topic }) => topic)
      extents = await globalExtents(admin, topics)
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      logger.debug('looking up global topics failed; it is tried again', { error })
      return
    }
    const added: TopicPartitionOffset[] = []
    for (const task of this.#tasks) {
      const found = extents.get(task.topic)
      this.#noteMissing(task, found === undefined)
      for (const extent of found ?? []) {
        const feed = this.#feeds.get(partitionKey(extent.topic, extent.partition))
        if (feed === undefined) added.push(this.#open(task, extent))
        else if (feed.noteExtent(extent) !== undefined) throw topicChanged(extent)
      }
    }
    if (added.length > 0) await reader.add(added)
  }

  #noteMissing({ topic, storeName }: GlobalStoreTask, isMissing: boolean): void {
    if (!isMissing) {
      this.#missing.delete(topic)
      return
    }
    if (this.#missing.has(topic)) return
    this.#missing.add(topic)
    this.#parts.logger.warn(`the global topic ${topic} does not exist any more; its rows stay`, {
      code: 'MR_UNKNOWN_TOPIC',
      topic,
      store: storeName,
    })
  }

  async #pauseAfter(error: MillraceError): Promise<void> {
    const { logger, scheduler } = this.#parts
    const fields = { code: error.code, ...error.at }
    logger.warn(`global stores: ${error.message}; going on when it is back`, fields)
    await wait(scheduler, UNAVAILABLE_WAIT_MS, this.#closing.signal)
  }
}

function missingTopic({ topic, storeName }: GlobalStoreTask): MillraceError {
  return new MillraceError('MR_UNKNOWN_TOPIC', `The global topic ${topic} does not exist`, {
    hint: 'Create the topic before the app starts: Millrace creates internal topics only.',
    at: { topic, store: storeName },
  })
}

function topicChanged(where: MillraceError | GlobalExtent): MillraceError {
  const isError = MillraceError.is(where)
  return new MillraceError(
    'MR_TOPICS_CHANGED',
    'A global topic has lost records, or was made anew',
    {
      hint: 'Nothing is to be done: the member fills its global stores again.',
      ...(isError ? { cause: where } : {}),
      at: isError ? where.at : { topic: where.topic, partition: where.partition },
    },
  )
}
