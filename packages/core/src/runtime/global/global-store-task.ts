import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { OperatorTime } from '../../processor/operator-context.ts'
import type { Cancellable, DropReason } from '../../processor/processor.ts'
import type { RecordMetadata } from '../../record/record-metadata.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { ChangelogPosition, TaskState } from '../../state/state-backend.ts'
import { readOnlyStore } from '../../state/read-only-store.ts'
import type { StateStore } from '../../state/state-store.ts'
import { TransactionBuffer } from '../../state/transaction-buffer.ts'
import type { GlobalStore } from '../../topology/topology-node.ts'
import { decide, DroppedRecords } from '../dropped-records.ts'
import { PendingWork } from '../pending-work.ts'
import { processingError } from '../processing-error.ts'
import type { RecordCollector } from '../record-collector.ts'
import type { TaskEnvironment } from '../task-environment.ts'
import { TaskNodes } from '../task-nodes.ts'
import type { TaskScope } from '../task-scope.ts'
import { GlobalPositions } from './global-positions.ts'

/** The id of what keeps the global stores of a member: of its state, in the log and in progress. */
export const GLOBAL_TASK_ID = 'global'

export type GlobalEnvironment = Pick<
  TaskEnvironment,
  | 'applicationId'
  | 'timestampExtractor'
  | 'deserializationExceptionHandler'
  | 'processingExceptionHandler'
  | 'clock'
  | 'logger'
  | 'metrics'
  | 'topicName'
>

export interface GlobalStoreTaskParts {
  readonly globalStore: GlobalStore
  /** Open, with the stores that `storesOf` gives; it stays the caller's. */
  readonly state: TaskState
  readonly environment: GlobalEnvironment
  /** Other global stores, read-only. */
  readonly globalStoreNamed: (name: string) => StateStore | undefined
}

const NO_OUTPUT: RecordCollector = {
  send: () => {
    throw new TypeError('a global store has no sinks')
  },
  partitionCount: () => 0,
}

/**
 * Keeps one global store: runs the records of all partitions of its topic through its processor.
 *
 * Semantics: {@link apply} takes committed records, in offset order for each partition, and writes what they
 * make of the store with their positions, in one step: each record is processed once, be it when the store is
 * filled or later, and a crash leaves out or repeats none. Readers see a record's writes at once. A record that a
 * handler drops leaves no writes behind.
 *
 * Why outside of transactions: the store depends on nothing but its topic, and nothing is produced from it here.
 */
export class GlobalStoreTask implements TaskScope {
  readonly taskId: string = GLOBAL_TASK_ID
  readonly collector: RecordCollector = NO_OUTPUT
  readonly streamTimeMs = -1
  readonly emitIntervalMs = 0
  readonly topic: string
  readonly storeName: string
  readonly #parts: GlobalStoreTaskParts
  readonly #positions: GlobalPositions
  readonly #buffer: TransactionBuffer
  readonly #store: StateStore
  readonly #view: StateStore
  readonly #dropped: DroppedRecords
  readonly #mayContinue: boolean
  readonly #pending = new PendingWork()
  readonly #partitionTimesMs = new Map<number, number>()
  #nodes: TaskNodes
  #current: RecordMetadata | undefined
  #currentTimestampMs = 0
  #isActive = false

  constructor(parts: GlobalStoreTaskParts) {
    const { globalStore, state, environment } = parts
    const { store, topic } = globalStore
    this.#parts = parts
    this.topic = topic
    this.storeName = store.name
    this.#positions = new GlobalPositions(store.name, state)
    this.#buffer = new TransactionBuffer(store.name, state.entries(store.name))
    this.#store = store.build({
      buffer: this.#buffer,
      changelogTopic: topic,
      currentTimestampMs: () => this.#currentTimestampMs,
    })
    this.#view = readOnlyStore(this.#store)
    this.#dropped = new DroppedRecords(environment.metrics, environment.logger)
    this.#mayContinue = environment.processingExceptionHandler !== 'fail'
    this.#nodes = this.#createNodes()
  }

  // What nodes see (TaskScope).

  get applicationId(): string {
    return this.#parts.environment.applicationId
  }

  get partition(): number {
    return this.#current?.partition ?? 0
  }

  get current(): RecordMetadata | undefined {
    return this.#current
  }

  get currentTimestampMs(): number {
    return this.#currentTimestampMs
  }

  setCurrent(origin: RecordMetadata | undefined, timestampMs: number): void {
    this.#current = origin
    this.#currentTimestampMs = timestampMs
  }

  get isActive(): boolean {
    return this.#isActive
  }

  nowMs(): number {
    return this.#parts.environment.clock.nowMs()
  }

  store(name: string): StateStore | undefined {
    return name === this.storeName ? this.#store : undefined
  }

  globalStore(name: string): StateStore | undefined {
    return this.#parts.globalStoreNamed(name)
  }

  operatorTime(): OperatorTime {
    throw new TypeError('a global store is in no transaction, and has no times in it')
  }

  schedule(nodeName: string): Cancellable {
    throw new TypeError(`the processor ${nodeName} of a global store cannot schedule punctuations`)
  }

  requestCommit(): void {
    // What was processed is applied with the batch that it came in.
  }

  recordDropped(nodeName: string, reason: DropReason): void {
    this.#dropped.count(reason, nodeName, this)
  }

  track(pending: Promise<void>): void {
    this.#pending.track(pending)
  }

  waitFor(): void {
    // It has no sinks, which are what prepares.
  }

  // What the runtime sees.

  /** The store as every processor may read it. */
  get view(): StateStore {
    return this.#view
  }

  /** The store itself, for tests. */
  get writableStore(): StateStore {
    return this.#store
  }

  /** How far a partition is applied; undefined for one that was never read. */
  position(partition: number): ChangelogPosition | undefined {
    return this.#positions.get(partition)
  }

  async init(): Promise<void> {
    this.#isActive = true
    await this.#nodes.init()
    await this.#pending.settle()
    this.#isActive = false
  }

  /** Empties the store, to fill it anew; its processor begins anew as well. */
  async clear(): Promise<void> {
    const { state } = this.#parts
    this.#buffer.clear()
    // Positions first: rows without positions are cleared again before anything is read into them.
    await state.clear(this.#positions.storeName)
    await state.clear(this.storeName)
    await this.#closeNodes()
    this.#nodes = this.#createNodes()
    await this.init()
  }

  /**
   * Processes the records and makes what they wrote the state, with the positions behind them.
   * @throws MillraceError of a record that cannot be decoded or processed, unless a handler drops it, or of the
   * state. Nothing of the batch is applied then.
   */
  async apply(
    records: readonly ConsumedRecord[],
    positions: ReadonlyMap<number, ChangelogPosition>,
  ): Promise<void> {
    try {
      for (const raw of records) {
        const pending = this.#process(raw)
        if (pending !== undefined) await pending
      }
      await this.#flush()
      const batches = this.#buffer.isDirty ? [this.#buffer.batch()] : []
      await this.#parts.state.apply([...batches, this.#positions.batch(positions)], new Map())
    } finally {
      this.#buffer.clear()
    }
  }

  /** Closes the processor. The state is the caller's. */
  async close(): Promise<void> {
    await this.#pending.drain()
    await this.#closeNodes()
  }

  #process(raw: ConsumedRecord): Promise<void> | undefined {
    this.#current = raw
    const record = this.#decode(raw)
    if (record === undefined) return undefined
    this.#currentTimestampMs = record.timestampMs
    if (this.#mayContinue) this.#buffer.setSavepoint()
    this.#isActive = true
    try {
      const result = this.#nodes.source(this.#sourceName).process(record)
      if (isPromiseLike(result) || !this.#pending.isEmpty) return this.#finishLater(result)
    } catch (error) {
      this.#drop(error)
    }
    this.#finish()
    return undefined
  }

  async #finishLater(result: Awaitable<void>): Promise<void> {
    try {
      await result
      await this.#pending.settle()
    } catch (error) {
      await this.#pending.drain()
      this.#drop(error)
    }
    this.#finish()
  }

  #finish(): void {
    this.#isActive = false
    this.#current = undefined
  }

  async #flush(): Promise<void> {
    this.#isActive = true
    await this.#nodes.flush()
    await this.#pending.settle()
    this.#isActive = false
  }

  /** Takes back what the record wrote, when a handler says so; else throws. */
  #drop(error: unknown): void {
    const { processingExceptionHandler } = this.#parts.environment
    const failure = processingError(error, this.#sourceName, this)
    if (!this.#mayContinue || decide(processingExceptionHandler, failure) === 'fail') {
      this.#isActive = false
      throw failure
    }
    this.#buffer.rollbackToSavepoint()
    this.#dropped.explain(failure)
    this.recordDropped(String(failure.at['operator'] ?? this.#sourceName), 'processing')
  }

  /** Undefined for a record that is dropped. */
  #decode(raw: ConsumedRecord): StreamRecord<unknown, unknown> | undefined {
    const { partition } = raw
    const partitionTimeMs = this.#partitionTimesMs.get(partition) ?? -1
    try {
      const record = this.#nodes.source(this.#sourceName).decode(raw, partitionTimeMs)
      if (record.timestampMs < 0) {
        this.recordDropped(this.#sourceName, 'invalid-timestamp')
        return undefined
      }
      if (record.timestampMs > partitionTimeMs)
        this.#partitionTimesMs.set(partition, record.timestampMs)
      return record
    } catch (error) {
      const handler = this.#parts.environment.deserializationExceptionHandler
      if (!MillraceError.is(error, 'MR_DESERIALIZATION') || decide(handler, error) === 'fail')
        throw error
      this.#dropped.explain(error)
      this.recordDropped(this.#sourceName, 'deserialization')
      return undefined
    }
  }

  get #sourceName(): string {
    return this.#parts.globalStore.nodes[0]?.name ?? ''
  }

  #createNodes(): TaskNodes {
    const { environment, globalStore } = this.#parts
    const { timestampExtractor, topicName } = environment
    return new TaskNodes({ subtopology: globalStore, scope: this, timestampExtractor, topicName })
  }

  async #closeNodes(): Promise<void> {
    try {
      await this.#nodes.close()
    } catch (error) {
      const { logger } = this.#parts.environment
      logger.warn('the processor of a global store failed to close', {
        store: this.storeName,
        error,
      })
    }
  }
}
