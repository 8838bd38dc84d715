import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import type { CommitOffset } from '../kafka/group-consumer.ts'
import type { PunctuationType } from '../processor/processor.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import { formatTaskId, type TaskId } from '../record/task-id.ts'
import type { CacheScope, HeldUpdate, RecordCache } from '../state/record-cache.ts'
import type { TaskState } from '../state/state-backend.ts'
import type { StateStore } from '../state/state-store.ts'
import { createTaskStores } from './create-task-stores.ts'
import { decodeRecord } from './decode-record.ts'
import { DroppedInputs } from './dropped-inputs.ts'
import { decide, DroppedRecords } from './dropped-records.ts'
import type { OperatorTimes } from './operator-times.ts'
import { PendingWork } from './pending-work.ts'
import { processingError } from './processing-error.ts'
import { HoldingCollector } from './record-collector.ts'
import type { TaskEnvironment } from './task-environment.ts'
import { type InputQueue, TaskInputs } from './task-inputs.ts'
import { TaskExecution } from './task-execution.ts'
import { TaskNodes } from './task-nodes.ts'
import type { TaskParts } from './task-parts.ts'
import { TaskPunctuations } from './task-punctuations.ts'
import type { TaskStores } from './task-stores.ts'
import { TaskTime } from './task-time.ts'
import { TaskWait } from './task-wait.ts'
import { type IdleStep, TimeProgress } from './time-progress.ts'

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
export class Task implements CacheScope {
  readonly id: TaskId
  readonly taskId: string
  readonly partition: number
  readonly collector: HoldingCollector
  readonly #parts: TaskParts
  readonly #environment: TaskEnvironment
  readonly #stores: TaskStores
  readonly #inputs: TaskInputs
  readonly #punctuations: TaskPunctuations
  readonly #dropped: DroppedRecords
  readonly #droppedInputs: DroppedInputs
  readonly #mayContinue: boolean
  #nodes: TaskNodes
  readonly #time: TaskTime
  readonly #progress: TimeProgress
  /** What nodes see of what is going on. */
  readonly #execution: TaskExecution
  #hasUncommitted = false
  readonly #pending = new PendingWork()
  /** What serdes have to get first. */
  readonly #wait: TaskWait
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
    this.#wait = TaskWait.of(this.taskId, environment)
    this.#punctuations = new TaskPunctuations()
    this.#dropped = new DroppedRecords(environment.metrics, environment.logger)
    this.#mayContinue = environment.processingExceptionHandler !== 'fail'
    this.#stores = createTaskStores(parts, this, () => this.#execution.currentTimestampMs)
    this.#time = new TaskTime(
      this.#stores.times,
      parts.subtopology,
      parts.inputs.map((input) => input.partitionTimeMs),
    )
    this.#execution = new TaskExecution({
      taskId: this.taskId,
      partition: this.partition,
      environment,
      collector: this.collector,
      stores: this.#stores,
      time: this.#time,
      punctuations: this.#punctuations,
      dropped: this.#dropped,
      pending: this.#pending,
      wait: this.#wait,
    })
    const asUnit = (nodeName: string, run: () => Awaitable<void>): Promise<void> =>
      this.#asUnit(nodeName, run)
    this.#droppedInputs = new DroppedInputs({
      handler: environment.deserializationExceptionHandler,
      dropped: this.#dropped,
      execution: this.#execution,
      onDrop: () => {
        this.#hasUncommitted = true
      },
      asUnit,
    })
    this.#nodes = this.#createNodes()
    this.#progress = new TimeProgress({
      time: this.#time,
      nodes: () => this.#nodes,
      asUnit: (nodeName, run) => {
        this.#execution.currentTimestampMs = this.#time.streamTimeMs
        return this.#asUnit(nodeName, run)
      },
    })
    this.#inputs = new TaskInputs({
      inputs: parts.inputs,
      maxTaskIdleMs: environment.maxTaskIdleMs,
      decoderFor: (source) => (raw, partitionTimeMs) =>
        decodeRecord(this.#nodes.source(source), raw, partitionTimeMs, this.#droppedInputs),
    })
  }

  // What caches see (CacheScope).

  get current(): RecordMetadata | undefined {
    return this.#execution.current
  }

  flushSoon(cache: RecordCache): void {
    if (!this.#overfull.includes(cache)) this.#overfull.push(cache)
  }

  /** A unit of its own, as a record is: an update that fails downstream is dropped, and no other one with it. */
  forwardHeld(held: HeldUpdate, forward: (held: HeldUpdate) => Awaitable<void>): Awaitable<void> {
    this.#execution.setCurrent(held.origin, held.timestampMs)
    if (this.#mayContinue) return this.#forwardAlone(held, forward)
    const result = forward(held)
    if (!isPromiseLike(result) && this.#pending.isEmpty) {
      this.#execution.current = undefined
      return
    }
    return this.#forwardLater(result)
  }

  // What the runtime sees.

  store(name: string): StateStore | undefined {
    return this.#stores.get(name)
  }

  get inputs(): TaskInputs {
    return this.#inputs
  }

  /** Times that are committed with the offsets. */
  get operatorTimes(): OperatorTimes {
    return this.#stores.times
  }

  get commitRequested(): boolean {
    return this.#execution.commitRequested
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
    this.#progress.processorsAreNew()
  }

  /** True when {@link process} would take a record now. */
  isProcessable(): boolean {
    this.#wait.goOn()
    if (this.#wait.hasFailed) return true
    return !this.#wait.isWaiting && this.#inputs.isReady(this.#now())
  }

  /** What the task waits for before it takes another record. */
  get wait(): Pick<TaskWait, 'isWaiting' | 'hasFailed' | 'settle'> {
    return this.#wait
  }

  /**
   * Processes at most `maxRecords`, stream-time punctuations included; returns how many records it
   * took, as a promise only when a processor was asynchronous. Stops early when a commit is asked for.
   */
  process(maxRecords: number): Awaitable<number> {
    this.#wait.check()
    if (this.#wait.isWaiting) return 0
    if (this.#progress.isUntold) {
      return this.#progress.catchUp().then(() => this.process(maxRecords))
    }
    let done = 0
    while (done < maxRecords && !this.#execution.commitRequested) {
      const input = this.#choose()
      if (input === undefined) break
      const result = this.#processFrom(input)
      done++
      if (result !== undefined) return result.then(() => done)
    }
    return this.#droppedInputs.isEmpty ? done : this.#droppedInputs.tell().then(() => done)
  }

  /** Calls wall-clock punctuators that are due. */
  async punctuateWallClock(): Promise<boolean> {
    if (this.#wait.isWaiting) return false
    await this.#progress.catchUp()
    return this.#punctuate('wall-clock-time', this.#now())
  }

  get nextWallClockPunctuationMs(): number {
    return this.#wait.isWaiting ? Infinity : this.#punctuations.nextMs('wall-clock-time')
  }

  /** Notices which inputs are idle. To be called between records, often. */
  observeIdleness(): void {
    this.#inputs.observe(this.#now(), this.#time.streamTimeMs)
  }

  /**
   * Event time has gone on without a record: what waits for it is done, stream-time punctuators
   * included, and readers of repartition topics are to know of it with the next commit. Returns false
   * when nothing is new.
   */
  async goOnIdle(step: IdleStep): Promise<boolean> {
    if (this.#wait.isWaiting) return false
    await this.#progress.catchUp()
    // What caches hold back has a place in time, too.
    if (this.#hasUncommitted) await this.#flush()
    const hasMoved = await this.#progress.goOn(step)
    if (hasMoved) await this.#flushOverfull()
    const isNews = this.#progress.tellReaders(step)
    // A time of which nothing came needs no commit of its own.
    if (isNews || this.uncommittedBytes > 0) this.#hasUncommitted = true
    return hasMoved || isNews
  }

  /** Flushes caches and sends the changelog. After it come {@link committed} or {@link rollback}. */
  async prepareCommit(): Promise<void> {
    await this.#droppedInputs.tell()
    await this.#flush()
    this.#time.correctTold()
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
    this.#time.committed()
    this.#resetTransaction()
    return this.#stores.apply(commitMarkers, this.#inputs)
  }

  /** The transaction was aborted: back to the last commit. The caller seeks the consumer. */
  async rollback(): Promise<void> {
    await this.#pending.drain()
    this.#stores.rollback()
    this.collector.dropHeld()
    this.#resetTransaction()
    this.#inputs.rollback()
    this.#time.rollback()
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

  /** Undefined too when the next record cannot be decoded yet. */
  #choose(): InputQueue | undefined {
    try {
      return this.#inputs.choose(this.#now)
    } catch (error) {
      if (this.#wait.beginFor(error)) return undefined
      throw error
    }
  }

  #processFrom({ queue, sourceNode }: InputQueue): Promise<void> | undefined {
    const head = queue.take()
    if (head === undefined) return undefined
    const { raw, record } = head
    this.#hasUncommitted = true
    this.#environment.metrics.recordsProcessed++
    this.#execution.current = raw
    this.#execution.currentTimestampMs = record.timestampMs
    this.#time.observe(record.timestampMs)
    if (this.#mayContinue) {
      this.#stores.setSavepoint()
      this.collector.hold()
    }
    this.#execution.isActive = true
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
    this.#execution.isActive = false
    this.#execution.current = undefined
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
    this.#execution.current = undefined
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
      this.#execution.isActive = true
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
    this.#wait.beginFor(error)
    const failure = processingError(error, 'unknown', this.#execution)
    const isOfRecord = failure.code === 'MR_PROCESSING' || failure.code === 'MR_SERIALIZATION'
    const verdict = isOfRecord
      ? decide(this.#environment.processingExceptionHandler, failure)
      : 'fail'
    if (verdict === 'fail' || !this.#mayContinue) {
      this.#execution.isActive = false
      throw failure
    }
    this.#stores.rollbackToSavepoint()
    this.collector.dropHeld()
    this.#dropped.explain(failure)
    this.#execution.recordDropped(String(failure.at['operator'] ?? 'unknown'), 'processing')
    this.#execution.isActive = false
    this.#execution.current = undefined
  }

  #punctuateStreamTime(): Promise<void> | undefined {
    const { streamTimeMs } = this.#time
    if (streamTimeMs < 0 || streamTimeMs < this.#punctuations.nextMs('stream-time'))
      return undefined
    return this.#punctuate('stream-time', streamTimeMs).then(() => undefined)
  }

  #punctuate(type: PunctuationType, nowMs: number): Promise<boolean> {
    return this.#punctuations.callDue(type, nowMs, ({ nodeName, punctuator }) => {
      this.#hasUncommitted = true
      this.#execution.currentTimestampMs = nowMs
      this.#environment.metrics.punctuations++
      return this.#asUnit(nodeName, () => punctuator(nowMs))
    })
  }

  /** Runs something other than a record, a unit of its own: what it did is taken back as a whole when it may fail. */
  async #asUnit(nodeName: string, run: () => Awaitable<void>): Promise<void> {
    if (this.#mayContinue) {
      this.#stores.setSavepoint()
      this.collector.hold()
    }
    try {
      await this.#while(async () => {
        await run()
        await this.#pending.settle()
      })
      if (this.#mayContinue) this.collector.release()
    } catch (error) {
      await this.#finishFailed(processingError(error, nodeName, this.#execution))
    }
  }

  async #while(body: () => Promise<void>): Promise<void> {
    this.#execution.isActive = true
    try {
      await body()
    } catch (error) {
      this.#wait.beginFor(error)
      throw error
    } finally {
      this.#execution.isActive = false
    }
  }

  #createNodes(): TaskNodes {
    const { subtopology, environment } = this.#parts
    const { timestampExtractor, topicName } = environment
    return new TaskNodes({ subtopology, scope: this.#execution, timestampExtractor, topicName })
  }

  async #closeNodes(): Promise<void> {
    this.#punctuations.clear()
    try {
      await this.#nodes.close()
    } catch (error) {
      // Closing is the end of these objects either way, and the state is not theirs.
      this.#environment.logger.warn('a processor failed to close', { task: this.taskId, error })
    }
  }

  #flush(): Promise<void> {
    return this.#while(async () => {
      await this.#nodes.flush()
      await this.#pending.settle()
    })
  }

  #resetTransaction(): void {
    this.collector.resetCounts()
    this.#execution.commitRequested = false
    this.#hasUncommitted = false
    this.#execution.isActive = false
    this.#execution.current = undefined
    this.#pending.forget()
    this.#overfull = []
    this.#droppedInputs.clear()
  }
}
