import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { CommitOffset } from '../kafka/group-consumer.ts'
import type { OperatorTime } from '../processor/operator-context.ts'
import type {
  Cancellable,
  DropReason,
  PunctuationType,
  Punctuator,
} from '../processor/processor.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import { formatTaskId, type TaskId } from '../record/task-id.ts'
import type { CacheScope, HeldUpdate, RecordCache } from '../state/record-cache.ts'
import type { TaskState } from '../state/state-backend.ts'
import type { StateStore } from '../state/state-store.ts'
import { decide, DroppedRecords } from './dropped-records.ts'
import { PendingWork } from './pending-work.ts'
import { processingError } from './processing-error.ts'
import { PunctuationQueue } from './punctuation.ts'
import { HoldingCollector } from './record-collector.ts'
import type { TaskEnvironment } from './task-environment.ts'
import { type InputQueue, TaskInputs } from './task-inputs.ts'
import { TaskNodes } from './task-nodes.ts'
import type { TaskParts } from './task-parts.ts'
import type { TaskScope } from './task-scope.ts'
import { TaskStores } from './task-stores.ts'

export type { TaskEnvironment } from './task-environment.ts'

/**
 * One partition of a sub-topology: its inputs, stores and processors.
 *
 * Semantics: takes the record with the lowest timestamp among its inputs (Kafka Streams:
 * `PartitionGroup`), one at a time, and is done with it only when every processor is, asynchronous
 * ones included. {@link prepareCommit}, {@link committed} and {@link rollback} are its part of a
 * transaction that the runtime shares among all tasks: between `prepareCommit` and one of the other
 * two nothing may be processed.
 *
 * Invariants: offsets, outputs and state of a commit describe the same set of records. After
 * `rollback` the task is as it was after the last commit; its processors are new objects.
 */
export class Task implements TaskScope, CacheScope {
  readonly id: TaskId
  readonly taskId: string
  readonly partition: number
  readonly collector: HoldingCollector
  readonly #parts: TaskParts
  readonly #environment: TaskEnvironment
  readonly #stores: TaskStores
  readonly #inputs: TaskInputs
  readonly #streamPunctuations = new PunctuationQueue()
  readonly #wallPunctuations = new PunctuationQueue()
  readonly #dropped: DroppedRecords
  readonly #mayContinue: boolean
  #nodes: TaskNodes
  #committedStreamTimeMs: number
  #streamTimeMs: number
  #current: RecordMetadata | undefined
  #currentTimestampMs = 0
  #isActive = false
  #commitRequested = false
  #hasUncommitted = false
  readonly #pending = new PendingWork()
  /** Caches that took the process over its budget. */
  #overfull: RecordCache[] = []
  readonly #now = (): number => this.#environment.clock.nowMs()

  constructor(parts: TaskParts) {
    const { environment } = parts
    this.#parts = parts
    this.#environment = environment
    this.id = parts.id
    this.taskId = formatTaskId(parts.id)
    this.partition = parts.id.partition
    this.collector = new HoldingCollector(environment.collector)
    this.#dropped = new DroppedRecords(environment.metrics, environment.logger)
    this.#mayContinue = environment.processingExceptionHandler !== 'fail'
    this.#stores = new TaskStores({
      state: parts.state,
      builders: parts.subtopology.stores,
      partition: parts.id.partition,
      changelogTopic: environment.changelogTopic,
      currentTimestampMs: () => this.#currentTimestampMs,
      clock: environment.clock,
      logger: environment.logger,
      cacheBudget: environment.cacheBudget,
      cacheScope: this,
      operatorTimes: parts.inputs.map((input) => input.operatorTimes),
    })
    this.#nodes = this.#createNodes()
    this.#inputs = new TaskInputs({
      inputs: parts.inputs,
      maxTaskIdleMs: environment.maxTaskIdleMs,
      decoderFor: (sourceNode) => (raw, partitionTimeMs) =>
        this.#decode(sourceNode, raw, partitionTimeMs),
    })
    this.#streamTimeMs = Math.max(-1, ...parts.inputs.map((input) => input.partitionTimeMs))
    this.#committedStreamTimeMs = this.#streamTimeMs
  }

  // What nodes see (TaskScope).

  get applicationId(): string {
    return this.#environment.applicationId
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

  get streamTimeMs(): number {
    return this.#streamTimeMs
  }

  get isActive(): boolean {
    return this.#isActive
  }

  nowMs(): number {
    return this.#environment.clock.nowMs()
  }

  store(name: string): StateStore | undefined {
    return this.#stores.get(name)
  }

  globalStore(name: string): StateStore | undefined {
    return this.#environment.globalStore?.(name)
  }

  get emitIntervalMs(): number {
    return this.#environment.emitIntervalMs
  }

  operatorTime(name: string): OperatorTime {
    return this.#stores.times.time(name)
  }

  schedule(
    nodeName: string,
    type: PunctuationType,
    intervalMs: number,
    punctuator: Punctuator,
  ): Cancellable {
    return type === 'stream-time'
      ? this.#streamPunctuations.add(nodeName, 0, intervalMs, punctuator)
      : this.#wallPunctuations.add(nodeName, this.nowMs() + intervalMs, intervalMs, punctuator)
  }

  requestCommit(): void {
    this.#commitRequested = true
  }

  recordDropped(nodeName: string, reason: DropReason): void {
    this.#dropped.count(reason, nodeName, this)
  }

  track(pending: Promise<void>): void {
    this.#pending.track(pending)
  }

  // What caches see (CacheScope).

  flushSoon(cache: RecordCache): void {
    if (!this.#overfull.includes(cache)) this.#overfull.push(cache)
  }

  /** A unit of its own, as a record is: an update that fails downstream is dropped, and no other one with it. */
  forwardHeld(held: HeldUpdate, forward: (held: HeldUpdate) => Awaitable<void>): Awaitable<void> {
    this.setCurrent(held.origin, held.timestampMs)
    if (this.#mayContinue) return this.#forwardAlone(held, forward)
    const result = forward(held)
    if (!isPromiseLike(result) && this.#pending.isEmpty) {
      this.#current = undefined
      return
    }
    return this.#forwardLater(result)
  }

  // What the runtime sees.

  get inputs(): TaskInputs {
    return this.#inputs
  }

  get commitRequested(): boolean {
    return this.#commitRequested
  }

  /** True when there is anything that a commit would make durable. */
  get needsCommit(): boolean {
    return this.#hasUncommitted
  }

  get uncommittedBytes(): number {
    return this.collector.bytes + this.#stores.dirtyBytes
  }

  /** Opens the processors. Stores must be restored by now. */
  async init(): Promise<void> {
    await this.#while(async () => {
      await this.#nodes.init()
      await this.#pending.settle()
    })
  }

  /** True when {@link process} would take a record now. */
  isProcessable(): boolean {
    return this.#inputs.isReady(this.nowMs())
  }

  /**
   * Processes at most `maxRecords`, stream-time punctuations included; returns how many records it
   * took, as a promise only when a processor was asynchronous. Stops early when a commit is asked for.
   */
  process(maxRecords: number): Awaitable<number> {
    let done = 0
    while (done < maxRecords && !this.#commitRequested) {
      const input = this.#inputs.choose(this.#now)
      if (input === undefined) break
      const result = this.#processFrom(input)
      done++
      if (result !== undefined) return result.then(() => done)
    }
    return done
  }

  /** Calls wall-clock punctuators that are due. */
  async punctuateWallClock(): Promise<boolean> {
    return this.#punctuate(this.#wallPunctuations, this.nowMs())
  }

  get nextWallClockPunctuationMs(): number {
    return this.#wallPunctuations.nextMs
  }

  /** Flushes caches and sends the changelog. After it come {@link committed} or {@link rollback}. */
  async prepareCommit(): Promise<void> {
    await this.#while(async () => {
      await this.#nodes.flush()
      await this.#pending.settle()
    })
    this.#stores.writeChangelogs(this.collector)
  }

  /**
   * Positions to commit. `all`: also of inputs that did not move since the last commit.
   *
   * A task that wrote without reading, as punctuators do, commits all of its positions again: the
   * generation of the group travels with offsets only, and is what fences a member that has lost its
   * partitions and does not know it yet. A change of operators' times goes to all positions as well.
   */
  offsetsToCommit(all: boolean): readonly CommitOffset[] {
    const { times } = this.#stores
    const entries = times.entries()
    const moved = this.inputs.offsetsToCommit(all || times.isChanged, entries)
    if (moved.length > 0 || !this.#hasUncommitted) return moved
    return this.inputs.offsetsToCommit(true, entries)
  }

  /** The transaction has committed: its writes become the state. */
  committed(commitMarkers: 0 | 1): Awaitable<void> {
    this.#inputs.committed()
    this.#committedStreamTimeMs = this.#streamTimeMs
    this.#resetTransaction()
    return this.#stores.apply(commitMarkers)
  }

  /** The transaction was aborted: back to the last commit. The caller seeks the consumer. */
  async rollback(): Promise<void> {
    await this.#pending.drain()
    this.#stores.rollback()
    this.collector.dropHeld()
    this.#resetTransaction()
    this.#inputs.rollback()
    this.#streamTimeMs = this.#committedStreamTimeMs
    await this.#closeNodes()
    this.#nodes = this.#createNodes()
    await this.init()
  }

  /** Closes processors and state; what was not committed is lost to it. Idempotent by its callers. */
  async close(): Promise<void> {
    const state = await this.release()
    await state.close()
  }

  /** As {@link close}, but leaves the state open, with what is committed in it: the caller's from now on. */
  async release(): Promise<TaskState> {
    await this.#pending.drain()
    await this.#closeNodes()
    return this.#stores.release()
  }

  #processFrom({ queue, sourceNode }: InputQueue): Promise<void> | undefined {
    const head = queue.take()
    if (head === undefined) return undefined
    const { raw, record } = head
    this.#hasUncommitted = true
    this.#environment.metrics.recordsProcessed++
    this.#current = raw
    this.#currentTimestampMs = record.timestampMs
    if (record.timestampMs > this.#streamTimeMs) this.#streamTimeMs = record.timestampMs
    if (this.#mayContinue) {
      this.#stores.setSavepoint()
      this.collector.hold()
    }
    this.#isActive = true
    let failure: unknown
    try {
      const result = this.#nodes.source(sourceNode).process(record)
      if (isPromiseLike(result) || !this.#pending.isEmpty) return this.#finishLater(result)
    } catch (error) {
      failure = error
    }
    if (failure !== undefined) return this.#finishFailed(failure)
    this.#finish()
    return this.#overfull.length > 0 ? this.#flushOverfull() : this.#punctuateStreamTime()
  }

  #finish(): void {
    this.#isActive = false
    this.#current = undefined
    if (this.#mayContinue) this.collector.release()
  }

  async #finishLater(result: Awaitable<void>): Promise<void> {
    try {
      await result
      await this.#pending.settle()
    } catch (error) {
      await this.#finishFailed(error)
      return
    }
    this.#finish()
    await this.#flushOverfull()
  }

  async #forwardLater(result: Awaitable<void>): Promise<void> {
    await result
    await this.#pending.settle()
    this.#current = undefined
  }

  async #forwardAlone(
    held: HeldUpdate,
    forward: (held: HeldUpdate) => Awaitable<void>,
  ): Promise<void> {
    this.#stores.setSavepoint()
    this.collector.hold()
    try {
      await this.#forwardLater(forward(held))
      this.collector.release()
    } catch (error) {
      await this.#dropUnit(error)
      this.#isActive = true
    }
  }

  /**
   * Flushes the caches that went over the budget, then calls the punctuators that the record made due.
   * After the record and not in it, so that an update which cannot be forwarded does not fail another one's record.
   */
  async #flushOverfull(): Promise<void> {
    for (let cache = this.#overfull.shift(); cache !== undefined; cache = this.#overfull.shift()) {
      const { cacheBudget } = this.#environment
      const overfull = cache
      // An earlier flush may have made room.
      if (cacheBudget?.isExceeded === true) await this.#while(async () => overfull.flush())
    }
    await this.#punctuateStreamTime()
  }

  async #finishFailed(error: unknown): Promise<void> {
    await this.#dropUnit(error)
    await this.#punctuateStreamTime()
  }

  /** Drops the record, with all that it did, when the handler says so; else throws. */
  async #dropUnit(error: unknown): Promise<void> {
    await this.#pending.drain()
    const failure = processingError(error, 'unknown', this)
    const isOfRecord = failure.code === 'MR_PROCESSING' || failure.code === 'MR_SERIALIZATION'
    const verdict = isOfRecord
      ? decide(this.#environment.processingExceptionHandler, failure)
      : 'fail'
    if (verdict === 'fail' || !this.#mayContinue) {
      this.#isActive = false
      throw failure
    }
    this.#stores.rollbackToSavepoint()
    this.collector.dropHeld()
    this.#dropped.explain(failure)
    this.recordDropped(String(failure.at['operator'] ?? 'unknown'), 'processing')
    this.#isActive = false
    this.#current = undefined
  }

  #punctuateStreamTime(): Promise<void> | undefined {
    if (this.#streamTimeMs < this.#streamPunctuations.nextMs || this.#streamTimeMs < 0)
      return undefined
    return this.#punctuate(this.#streamPunctuations, this.#streamTimeMs).then(() => undefined)
  }

  async #punctuate(queue: PunctuationQueue, nowMs: number): Promise<boolean> {
    let called = false
    for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
      const { punctuator, nodeName } = due
      called = true
      this.#hasUncommitted = true
      this.#currentTimestampMs = nowMs
      this.#environment.metrics.punctuations++
      await this.#punctuateOne(nodeName, punctuator, nowMs)
    }
    return called
  }

  /** A punctuation is a unit of its own: what it did is taken back as a whole when it may fail. */
  async #punctuateOne(nodeName: string, punctuator: Punctuator, nowMs: number): Promise<void> {
    if (this.#mayContinue) {
      this.#stores.setSavepoint()
      this.collector.hold()
    }
    try {
      await this.#while(async () => {
        await punctuator(nowMs)
        await this.#pending.settle()
      })
      if (this.#mayContinue) this.collector.release()
    } catch (error) {
      await this.#finishFailed(processingError(error, nodeName, this))
    }
  }

  async #while(body: () => Promise<void>): Promise<void> {
    this.#isActive = true
    try {
      await body()
    } finally {
      this.#isActive = false
    }
  }

  #createNodes(): TaskNodes {
    const { subtopology, environment } = this.#parts
    const { timestampExtractor, topicName } = environment
    return new TaskNodes({ subtopology, scope: this, timestampExtractor, topicName })
  }

  async #closeNodes(): Promise<void> {
    this.#streamPunctuations.clear()
    this.#wallPunctuations.clear()
    try {
      await this.#nodes.close()
    } catch (error) {
      // Closing is the end of these objects either way, and the state is not theirs.
      this.#environment.logger.warn('a processor failed to close', { task: this.taskId, error })
    }
  }

  #decode(
    sourceNode: string,
    raw: ConsumedRecord,
    partitionTimeMs: number,
  ): StreamRecord<unknown, unknown> | undefined {
    try {
      const record = this.#nodes.source(sourceNode).decode(raw, partitionTimeMs)
      if (record.timestampMs >= 0) return record
      this.#drop(sourceNode, raw, 'invalid-timestamp')
      return undefined
    } catch (error) {
      const handler = this.#environment.deserializationExceptionHandler
      if (!MillraceError.is(error, 'MR_DESERIALIZATION') || decide(handler, error) === 'fail')
        throw error
      this.#dropped.explain(error)
      this.#drop(sourceNode, raw, 'deserialization')
      return undefined
    }
  }

  #drop(sourceNode: string, raw: ConsumedRecord, reason: DropReason): void {
    this.#hasUncommitted = true // Its offset is to be committed, though nothing came of it.
    const before = this.#current
    this.#current = raw
    this.recordDropped(sourceNode, reason)
    this.#current = before
  }

  #resetTransaction(): void {
    this.collector.resetCounts()
    this.#commitRequested = false
    this.#hasUncommitted = false
    this.#isActive = false
    this.#current = undefined
    this.#pending.forget()
    this.#overfull = []
  }
}
