import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { OperatorTime } from '../../processor/operator-context.ts'
import type { Cancellable, DropReason } from '../../processor/processor.ts'
import type { Headers } from '../../record/headers.ts'
import type { RecordMetadata } from '../../record/record-metadata.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import { readyOf, whenReady } from '../../serde/serde-pending.ts'
import type { ExternalSink, SourceNode } from '../../topology/topology-node.ts'
import { decodeRecord, type UndecodedRecords } from '../decode-record.ts'
import { decide, DroppedRecords } from '../dropped-records.ts'
import type { Node } from '../node.ts'
import { PendingWork } from '../pending-work.ts'
import { processingError } from '../processing-error.ts'
import type { RecordCollector } from '../record-collector.ts'
import type { SourceNodeInstance } from '../source-node-instance.ts'
import type { TaskEnvironment } from '../task-environment.ts'
import { TaskNodes } from '../task-nodes.ts'
import type { TaskScope } from '../task-scope.ts'

export type ChainEnvironment = Pick<
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

/** A record on its way to the sink; with the coordinates of its input it is a `SinkRecord`. */
export interface ChainOutput {
  /** Which one of those that came of the same input. */
  readonly index: number
  readonly timestampMs: number
  readonly key: unknown
  readonly value: unknown
  readonly headers: Headers
}

/** What is stateless between one partition of a topic and an external sink. */
export interface StatelessChain {
  /**
   * What the operators make of a record: none, one or more outputs, in order. The same for the same record, if
   * the callbacks of the operators are. One call at a time.
   *
   * A record that cannot be decoded or processed, and that an exception handler drops, has no outputs; neither has
   * one without a valid timestamp. It is counted and logged. What a serde has to get first is waited for.
   *
   * @throws MillraceError where the handler does not drop it: `MR_DESERIALIZATION`, `MR_TIMESTAMP`, `MR_PROCESSING`;
   * and what a serde waits for in vain, of which the action 'retry' says that the same call may come again
   */
  process(raw: ConsumedRecord): Awaitable<readonly ChainOutput[]>
  /** Closes the operators, when none is at work any more. */
  close(): Promise<void>
}

/** @throws TypeError for a topic that the sink does not read */
export function createStatelessChain(
  sink: Pick<ExternalSink, 'id' | 'name' | 'nodes' | 'parents'>,
  environment: ChainEnvironment,
  { topic, partition }: TopicPartition,
): StatelessChain {
  return new PartitionChain({ sink, environment, topic, partition })
}

interface ChainParts extends TopicPartition {
  readonly sink: Pick<ExternalSink, 'id' | 'name' | 'nodes' | 'parents'>
  readonly environment: ChainEnvironment
}

const NO_OUTPUTS: readonly ChainOutput[] = Object.freeze([])

const NO_TOPICS: RecordCollector = {
  send: () => {
    throw new TypeError('what leads to an external sink writes no topics')
  },
  partitionCount: () => 0,
}

/**
 * Runs the nodes outside of tasks: nothing is stored, committed or taken back here, so a record leaves nothing behind
 * but its outputs.
 */
class PartitionChain implements StatelessChain, TaskScope {
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector = NO_TOPICS
  readonly emitIntervalMs = 0
  readonly #environment: ChainEnvironment
  readonly #nodes: TaskNodes
  readonly #source: SourceNodeInstance
  readonly #outlet = new OutputList()
  readonly #pending = new PendingWork()
  readonly #dropped: DroppedRecords
  readonly #undecoded: UndecodedRecords
  #init: Promise<void> | undefined
  #isOpen = false
  #current: RecordMetadata | undefined
  #currentTimestampMs = 0
  #partitionTimeMs = -1
  #isActive = false

  constructor({ sink, environment, topic, partition }: ChainParts) {
    const { timestampExtractor, topicName, logger, metrics } = environment
    this.taskId = `${sink.id}_${partition}`
    this.partition = partition
    this.#environment = environment
    this.#nodes = new TaskNodes({
      subtopology: sink,
      scope: this,
      timestampExtractor,
      topicName,
      outlet: { parents: sink.parents, node: this.#outlet },
    })
    this.#source = this.#nodes.source(sourceOf(topic, sink, topicName).name)
    this.#dropped = new DroppedRecords(metrics, logger)
    this.#undecoded = {
      handler: environment.deserializationExceptionHandler,
      explain: (error) => {
        this.#dropped.explain(error)
      },
      drop: (source, _raw, reason) => {
        this.recordDropped(source.name, reason)
      },
    }
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

  get streamTimeMs(): number {
    return this.#partitionTimeMs
  }

  get isActive(): boolean {
    return this.#isActive
  }

  setCurrent(origin: RecordMetadata | undefined, timestampMs: number): void {
    this.#current = origin
    this.#currentTimestampMs = timestampMs
  }

  nowMs(): number {
    return this.#environment.clock.nowMs()
  }

  store(): undefined {
    return undefined
  }

  globalStore(): undefined {
    return undefined
  }

  operatorTime(): OperatorTime {
    throw new TypeError(
      'an operator before an external sink is in no transaction, and has no times',
    )
  }

  schedule(): Cancellable {
    throw new TypeError('an operator before an external sink cannot schedule punctuations')
  }

  requestCommit(): void {
    // Positions are the sink's business.
  }

  recordDropped(nodeName: string, reason: DropReason): void {
    this.#dropped.count(reason, nodeName, this)
  }

  track(pending: Promise<void>): void {
    this.#pending.track(pending)
  }

  waitFor(): void {
    // Only nodes that write topics prepare, and there are none.
  }

  // What the runtime sees.

  process(raw: ConsumedRecord): Awaitable<readonly ChainOutput[]> {
    if (!this.#isOpen) return this.#openAndProcess(raw)
    try {
      return this.#process(raw)
    } catch (error) {
      if (readyOf(error) === undefined) throw error
      return whenReady(() => this.#process(raw))
    }
  }

  async close(): Promise<void> {
    await this.#pending.drain()
    await this.#nodes.close()
  }

  async #openAndProcess(raw: ConsumedRecord): Promise<readonly ChainOutput[]> {
    this.#init ??= this.#nodes.init()
    await this.#init
    this.#isOpen = true
    return whenReady(() => this.#process(raw))
  }

  #process(raw: ConsumedRecord): Awaitable<readonly ChainOutput[]> {
    this.#current = raw
    const record = decodeRecord(this.#source, raw, this.#partitionTimeMs, this.#undecoded)
    if (record === undefined) return NO_OUTPUTS
    const { timestampMs } = record
    this.#currentTimestampMs = timestampMs
    if (timestampMs > this.#partitionTimeMs) this.#partitionTimeMs = timestampMs
    this.#isActive = true
    try {
      const result = this.#source.process(record)
      if (isPromiseLike(result) || !this.#pending.isEmpty) return this.#finishLater(result)
    } catch (error) {
      this.#drop(error)
    }
    return this.#finish()
  }

  async #finishLater(result: Awaitable<void>): Promise<readonly ChainOutput[]> {
    try {
      await result
      await this.#pending.settle()
    } catch (error) {
      await this.#pending.drain()
      this.#drop(error)
    }
    return this.#finish()
  }

  #finish(): readonly ChainOutput[] {
    this.#isActive = false
    this.#current = undefined
    return this.#outlet.take()
  }

  /** Takes back what came of the record, when a handler says so; else throws. */
  #drop(error: unknown): void {
    this.#outlet.take()
    const failure = processingError(error, this.#source.name, this)
    const { processingExceptionHandler } = this.#environment
    const mayContinue = failure.code === 'MR_PROCESSING'
    if (!mayContinue || decide(processingExceptionHandler, failure) === 'fail') {
      this.#isActive = false
      throw failure
    }
    this.#dropped.explain(failure)
    this.recordDropped(String(failure.at['operator'] ?? this.#source.name), 'processing')
  }
}

/** The end of the chain. */
class OutputList implements Node {
  readonly name = 'external-sink'
  readonly advanceTime = undefined
  readonly holdsBackMs = 0
  #outputs: ChainOutput[] = []

  process({ key, value, timestampMs, headers }: StreamRecord<unknown, unknown>): void {
    // A mapper that gives nothing gives a tombstone, as it does on the way to a topic.
    const bare = { key: key ?? null, value: value ?? null }
    this.#outputs.push({ index: this.#outputs.length, timestampMs, ...bare, headers })
  }

  take(): readonly ChainOutput[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  init(): void {
    // Nothing to open.
  }

  flush(): void {
    // Holds nothing back: outputs are taken record by record.
  }

  close(): void {
    // Owns nothing.
  }
}

function sourceOf(
  topic: string,
  sink: Pick<ExternalSink, 'name' | 'nodes'>,
  topicName: (name: string) => string,
): SourceNode {
  for (const node of sink.nodes) {
    if (node.kind !== 'source' || node.topics instanceof RegExp) continue
    if (node.topics.some((name) => topicName(name) === topic)) return node
  }
  throw new TypeError(`the sink ${sink.name} does not read the topic ${topic}`)
}
