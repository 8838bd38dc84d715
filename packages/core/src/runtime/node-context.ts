import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { OperatorContext, OperatorTime } from '../processor/operator-context.ts'
import type { DroppedDetails, DropReason } from '../processor/dropped-record.ts'
import type {
  Cancellable,
  ProcessorContext,
  PunctuationType,
  Punctuator,
  ScheduleOptions,
} from '../processor/processor.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { droppedRecordOf } from './dropped-record-of.ts'
import type { Node } from './node.ts'
import { firstPunctuation } from './punctuation.ts'
import type { TaskScope } from './task-scope.ts'

/** Where a node's records go. */
export interface NodeEdges {
  readonly children: readonly Node[]
  /** Nodes that take the records which this one drops, and no others. */
  readonly takingDropped: readonly Node[]
  /** Nodes that get only what names them. */
  readonly byName: readonly Node[]
}

/** What one processor of one task sees of it. */
export class NodeContext implements ProcessorContext<unknown, unknown>, OperatorContext {
  readonly nodeName: string
  readonly #scope: TaskScope
  readonly #stores: ReadonlySet<string>
  #children: readonly Node[] = []
  #only: Node | undefined
  /** Nodes that take the records which this one drops, and no others. */
  #takingDropped: readonly Node[] = []
  /** The record that this node was given, where dropped ones are taken. */
  #given: StreamRecord<unknown, unknown> | undefined
  #byName: readonly Node[] = []

  constructor(nodeName: string, scope: TaskScope, stores: readonly string[]) {
    this.nodeName = nodeName
    this.#scope = scope
    this.#stores = new Set(stores)
  }

  /** Called once, when all nodes exist. */
  connect({ children, takingDropped, byName }: NodeEdges): void {
    this.#takingDropped = takingDropped
    this.#children = children
    this.#byName = byName
    this.#only = children.length === 1 ? children[0] : undefined
  }

  get applicationId(): string {
    return this.#scope.applicationId
  }

  get taskId(): string {
    return this.#scope.taskId
  }

  get partition(): number {
    return this.#scope.partition
  }

  get recordMetadata(): RecordMetadata | undefined {
    return this.#scope.current
  }

  get currentStreamTimeMs(): number {
    return this.#scope.streamTimeMs
  }

  get currentSystemTimeMs(): number {
    return this.#scope.nowMs()
  }

  get emitIntervalMs(): number {
    return this.#scope.emitIntervalMs
  }

  operatorTime(name: string): OperatorTime {
    return this.#scope.operatorTime(name)
  }

  forward(record: StreamRecord<unknown, unknown>, child?: string): Awaitable<void> {
    if (!this.#scope.isActive) throw notActive(this.nodeName)
    if (child !== undefined) return this.#childNamed(child).process(record)
    if (this.#only !== undefined) return this.#only.process(record)
    const children = this.#children
    for (let i = 0; i < children.length; i++) {
      const result = children[i]?.process(record)
      if (!isPromiseLike(result)) continue
      const rest = this.#forwardRest(record, i + 1, result)
      this.#scope.track(rest) // The caller need not await it.
      return rest
    }
  }

  forwardFrom(
    origin: RecordMetadata | undefined,
    record: StreamRecord<unknown, unknown>,
  ): Awaitable<void> {
    const scope = this.#scope
    const { current, currentTimestampMs } = scope
    scope.setCurrent(origin, record.timestampMs)
    let result: Awaitable<void>
    try {
      result = this.forward(record)
    } catch (error) {
      scope.setCurrent(current, currentTimestampMs)
      throw error
    }
    if (isPromiseLike(result)) return this.#returnTo(current, currentTimestampMs, result)
    scope.setCurrent(current, currentTimestampMs)
  }

  async #returnTo(
    current: RecordMetadata | undefined,
    timestampMs: number,
    pending: PromiseLike<void>,
  ): Promise<void> {
    try {
      await pending
    } finally {
      this.#scope.setCurrent(current, timestampMs)
    }
  }

  /** The next child is called when the one before is done: their order is part of the contract. */
  async #forwardRest(
    record: StreamRecord<unknown, unknown>,
    next: number,
    pending: PromiseLike<void>,
  ): Promise<void> {
    await pending
    for (const child of this.#children.slice(next)) await child.process(record)
  }

  #childNamed(name: string): Node {
    const isNamed = (node: Node): boolean => node.name === name
    const child = this.#children.find(isNamed) ?? this.#byName.find(isNamed)
    if (child !== undefined) return child
    throw new MillraceError('MR_TOPOLOGY', `Operator ${this.nodeName} has no child ${name}`, {
      hint: `Forward to one of: ${this.#children.map((node) => node.name).join(', ')}.`,
      at: { operator: this.nodeName },
    })
  }

  getStateStore<S extends StateStore>(store: StoreBuilder<S>): S
  getStateStore(name: string): StateStore
  getStateStore(store: StoreBuilder | string): StateStore {
    const name = typeof store === 'string' ? store : store.name
    const found = this.#stores.has(name) ? this.#scope.store(name) : this.#scope.globalStore(name)
    if (found !== undefined) return found
    throw new MillraceError(
      'MR_TOPOLOGY',
      `Operator ${this.nodeName} is not connected to a store ${name}`,
      { hint: 'Name the store in the `stores` of the operator.', at: { operator: this.nodeName } },
    )
  }

  commit(): void {
    this.#scope.requestCommit()
  }

  schedule(
    interval: Duration,
    type: PunctuationType,
    punctuator: Punctuator,
    { startTimeMs }: ScheduleOptions = {},
  ): Cancellable {
    const intervalMs = durationToMs(interval)
    if (intervalMs === 0) throw new TypeError('the interval of a punctuation must be > 0')
    if (startTimeMs !== undefined && !(startTimeMs >= 0)) {
      throw new TypeError(`the start of a punctuation must be >= 0, is ${startTimeMs}`)
    }
    const nowMs = type === 'stream-time' ? this.currentStreamTimeMs : this.currentSystemTimeMs
    const firstMs = firstPunctuation(type, intervalMs, startTimeMs, nowMs)
    return this.#scope.schedule(type, { nodeName: this.nodeName, firstMs, intervalMs, punctuator })
  }

  /** True when somebody wants to know what this node drops: then it is told what it is given. */
  get hasTakers(): boolean {
    return this.#takingDropped.length > 0
  }

  setGiven(record: StreamRecord<unknown, unknown> | undefined): void {
    this.#given = record
  }

  recordDropped(reason: DropReason, details: DroppedDetails = NO_DETAILS): void {
    this.#scope.recordDropped(this.nodeName, reason)
    const record = details.record ?? this.#given
    if (!this.hasTakers || record === undefined) return
    const scope = this.#scope
    const told = droppedRecordOf(record, { operator: this.nodeName, reason, details, scope })
    for (const node of this.#takingDropped) {
      const result = node.process(told)
      if (isPromiseLike(result)) scope.track(Promise.resolve(result))
    }
  }
}

const NO_DETAILS: DroppedDetails = {}

function notActive(nodeName: string): Error {
  return new TypeError(
    `operator ${nodeName} called forward() while it was not processing; await what it starts`,
  )
}
