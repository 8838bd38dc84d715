import { isPromiseLike } from '../base/awaitable.ts'
import type { OperatorContext, OperatorTime } from '../processor/operator-context.ts'
import type {
  Cancellable,
  DropReason,
  Processor,
  ProcessorContext,
} from '../processor/processor.ts'
import { openStores } from '../processor/collect.testkit.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import { StreamRecord } from '../record/stream-record.ts'
import { deserializeNullable, serializeNullable } from '../serde/serde.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { assert } from '../base/assert.ts'
import { matchesTopic } from './topic-pattern.ts'
import type {
  ProcessorNode,
  SinkNode,
  SourceNode,
  Topology,
  TopologyNode,
} from './topology-node.ts'

export interface Produced {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: Headers
}

/**
 * Runs a topology on one partition, synchronously: what a sink writes to a topic that is read
 * is fed back before `pipe` returns. Everything goes through bytes. No commits, no caches, no timers.
 */
export class TopologyRunner {
  readonly produced: Produced[] = []
  readonly dropped: DropReason[] = []
  readonly stores: ReadonlyMap<string, StateStore>
  streamTimeMs = -1
  recordTimestampMs = -1
  metadata: RecordMetadata | undefined
  readonly #times = new Map<string, OperatorTime>()
  readonly #nodes: ReadonlyMap<string, TopologyNode>
  readonly #processors = new Map<string, RunningProcessor>()
  readonly #queue: Produced[] = []

  constructor(topology: Topology) {
    const parts = topology.subtopologies
    this.#nodes = new Map(parts.flatMap(({ nodes }) => nodes.map((node) => [node.name, node])))
    this.stores = openStores(
      parts.flatMap(({ stores }) => stores),
      () => this.recordTimestampMs,
    )
    for (const node of this.#nodes.values()) {
      if (node.kind === 'processor')
        this.#processors.set(node.name, new RunningProcessor(node, this))
    }
  }

  /** Feeds one record of bytes, and all that it sets going. */
  pipe(input: Omit<Produced, 'headers'> & { readonly headers?: Headers }): void {
    this.#queue.push({ headers: NO_HEADERS, ...input })
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const source = this.#sourceOf(next.topic)
      if (source !== undefined) this.#read(source, next)
    }
  }

  forward(record: StreamRecord<unknown, unknown>, children: readonly string[]): void {
    for (const child of children) {
      const node = this.#nodes.get(child)
      if (node?.kind === 'sink') this.#write(node, record)
      else this.#processors.get(child)?.process(record)
    }
  }

  operatorTime(name: string): OperatorTime {
    const time = this.#times.get(name) ?? { ms: -1 }
    this.#times.set(name, time)
    return time
  }

  #read(source: SourceNode, { topic, key, value, timestampMs, headers }: Produced): void {
    this.metadata = { topic, partition: 0, offset: 0 }
    this.recordTimestampMs = timestampMs
    this.streamTimeMs = Math.max(this.streamTimeMs, timestampMs)
    const record = new StreamRecord(
      deserializeNullable(source.keySerde, key, topic),
      deserializeNullable(source.valueSerde, value, topic),
      timestampMs,
      headers,
    )
    this.forward(record, source.children)
  }

  #write(
    sink: SinkNode,
    { key, value, timestampMs, headers }: StreamRecord<unknown, unknown>,
  ): void {
    const context = { timestampMs, headers, metadata: this.metadata }
    const topic = typeof sink.topic === 'string' ? sink.topic : sink.topic(key, value, context)
    const produced = {
      topic,
      key: serializeNullable(sink.keySerde, key, topic),
      value: serializeNullable(sink.valueSerde, value, topic),
      timestampMs,
      headers,
    }
    this.produced.push(produced)
    if (this.#sourceOf(topic) !== undefined) this.#queue.push(produced)
  }

  #sourceOf(topic: string): SourceNode | undefined {
    for (const node of this.#nodes.values()) {
      if (node.kind !== 'source') continue
      const { topics } = node
      if (topics instanceof RegExp ? matchesTopic(topics, topic) : topics.includes(topic))
        return node
    }
    return undefined
  }
}

class RunningProcessor implements ProcessorContext<unknown, unknown>, OperatorContext {
  readonly applicationId = 'app'
  readonly taskId = '0_0'
  readonly partition = 0
  readonly currentSystemTimeMs = 0
  readonly emitIntervalMs = 0
  readonly #node: ProcessorNode
  readonly #runner: TopologyRunner
  readonly #processor: Processor<unknown, unknown, unknown, unknown>

  constructor(node: ProcessorNode, runner: TopologyRunner) {
    this.#node = node
    this.#runner = runner
    this.#processor = node.supplier()
    assertSync(this.#processor.init?.(this))
  }

  get nodeName(): string {
    return this.#node.name
  }

  get recordMetadata(): RecordMetadata | undefined {
    return this.#runner.metadata
  }

  get currentStreamTimeMs(): number {
    return this.#runner.streamTimeMs
  }

  operatorTime(name: string): OperatorTime {
    return this.#runner.operatorTime(name)
  }

  process(record: StreamRecord<unknown, unknown>): void {
    assertSync(this.#processor.process(record, this))
  }

  forward(record: StreamRecord<unknown, unknown>, child?: string): void {
    this.#runner.forward(record, child === undefined ? this.#node.children : [child])
  }

  forwardFrom(origin: RecordMetadata | undefined, record: StreamRecord<unknown, unknown>): void {
    const { metadata, recordTimestampMs } = this.#runner
    this.#runner.metadata = origin
    this.#runner.recordTimestampMs = record.timestampMs
    this.forward(record)
    this.#runner.metadata = metadata
    this.#runner.recordTimestampMs = recordTimestampMs
  }

  getStateStore<S extends StateStore>(store: StoreBuilder<S>): S
  getStateStore(name: string): StateStore
  getStateStore(store: StoreBuilder | string): StateStore {
    const name = typeof store === 'string' ? store : store.name
    const found = this.#node.stores.includes(name) ? this.#runner.stores.get(name) : undefined
    assert(found !== undefined, `${this.#node.name} is not connected to the store ${name}`)
    return found
  }

  recordDropped(reason: DropReason): void {
    this.#runner.dropped.push(reason)
  }

  commit(): void {
    throw new TypeError('not in this test')
  }

  schedule(): Cancellable {
    throw new TypeError('not in this test')
  }
}

function assertSync(result: unknown): void {
  assert(!isPromiseLike(result), 'an operator is not synchronous')
}
