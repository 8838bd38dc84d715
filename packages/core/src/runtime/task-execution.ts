import type { OperatorTime } from '../processor/operator-context.ts'
import type { Cancellable, DropReason, PunctuationType } from '../processor/processor.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StateStore } from '../state/state-store.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { PendingWork } from './pending-work.ts'
import type { Punctuation } from './punctuation.ts'
import type { RecordCollector } from './record-collector.ts'
import type { TaskEnvironment } from './task-environment.ts'
import type { TaskPunctuations } from './task-punctuations.ts'
import type { TaskScope } from './task-scope.ts'
import type { TaskStores } from './task-stores.ts'
import type { TaskTime } from './task-time.ts'
import type { TaskWait } from './task-wait.ts'

export interface TaskExecutionParts {
  readonly taskId: string
  readonly partition: number
  readonly environment: TaskEnvironment
  readonly collector: RecordCollector
  readonly stores: TaskStores
  readonly time: TaskTime
  readonly punctuations: TaskPunctuations
  readonly dropped: DroppedRecords
  readonly pending: PendingWork
  readonly wait: TaskWait
}

/** What is being done in a task, as its nodes see it. The task sets it. */
export class TaskExecution implements TaskScope {
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector
  current: RecordMetadata | undefined
  currentTimestampMs = 0
  isActive = false
  commitRequested = false
  readonly #parts: TaskExecutionParts

  constructor(parts: TaskExecutionParts) {
    this.#parts = parts
    this.taskId = parts.taskId
    this.partition = parts.partition
    this.collector = parts.collector
  }

  get applicationId(): string {
    return this.#parts.environment.applicationId
  }

  get emitIntervalMs(): number {
    return this.#parts.environment.emitIntervalMs
  }

  get streamTimeMs(): number {
    return this.#parts.time.streamTimeMs
  }

  setCurrent(origin: RecordMetadata | undefined, timestampMs: number): void {
    this.current = origin
    this.currentTimestampMs = timestampMs
  }

  nowMs(): number {
    return this.#parts.environment.clock.nowMs()
  }

  store(name: string): StateStore | undefined {
    return this.#parts.stores.get(name)
  }

  globalStore(name: string): StateStore | undefined {
    return this.#parts.environment.globalStore?.(name)
  }

  operatorTime(name: string): OperatorTime {
    return this.#parts.stores.times.time(name)
  }

  schedule(type: PunctuationType, punctuation: Punctuation): Cancellable {
    return this.#parts.punctuations.schedule(type, punctuation)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  recordDropped(nodeName: string, reason: DropReason): void {
    this.#parts.dropped.count(reason, nodeName, this)
  }

  track(pending: Promise<void>): void {
    this.#parts.pending.track(pending)
  }

  waitFor(ready: () => Promise<void> | undefined): void {
    this.#parts.wait.begin(ready)
  }
}
