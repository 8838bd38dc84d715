import type { ExternalSink, SinkRecord, Topology } from '@millrace/core'
import {
  type ChainEnvironment,
  createStatelessChain,
  type StatelessChain,
  type TopicPartition,
} from '@millrace/core/internal'
import type { TopicLogs } from './topic-logs.ts'

export interface SinkGroupParts {
  readonly topology: Topology
  readonly environment: ChainEnvironment
  readonly logs: TopicLogs
  readonly partitionCount: (topic: string) => number
}

type AnyRecord = SinkRecord<unknown, unknown>

interface Pipeline extends TopicPartition {
  readonly sink: ExternalSink
  /** What the sink was given. */
  readonly given: AnyRecord[]
  /** The offset to read next. */
  next: number
  chain: StatelessChain | undefined
}

/**
 * What external sinks are given, without the sinks: the records of their topics, after what runs before them.
 *
 * Semantics: each committed record once, as a sink has it that keeps its position. An abort does not take back what
 * was read from a topic, and neither does a restart.
 */
export class SinkGroup {
  readonly #parts: SinkGroupParts
  /** By sink, topic and partition, in the order in which they were first read. */
  readonly #pipelines = new Map<string, Pipeline>()
  readonly #given: ReadonlyMap<string, AnyRecord[]>

  constructor(parts: SinkGroupParts) {
    this.#parts = parts
    this.#given = new Map(parts.topology.externalSinks.map(({ name }) => [name, []]))
  }

  /** Names of all topics that sinks read, as in the cluster. */
  get topics(): readonly string[] {
    return this.#parts.topology.externalSinks.flatMap((sink) => this.#topicsOf(sink))
  }

  get names(): readonly string[] {
    return [...this.#given.keys()]
  }

  /** In the order in which they were given; undefined for a sink that there is not. */
  given(sink: string): readonly AnyRecord[] | undefined {
    return this.#given.get(sink)
  }

  /** Reads what is new in the topics. What fails comes again. */
  async update(): Promise<void> {
    const { topology, partitionCount } = this.#parts
    for (const sink of topology.externalSinks) {
      for (const topic of this.#topicsOf(sink)) {
        for (let partition = 0; partition < partitionCount(topic); partition++) {
          await this.#read(this.#pipeline(sink, topic, partition))
        }
      }
    }
  }

  /** Closes what runs before the sinks; it is made anew with the next record. */
  async close(): Promise<void> {
    for (const pipeline of this.#pipelines.values()) {
      const { chain } = pipeline
      pipeline.chain = undefined
      await chain?.close()
    }
  }

  async #read(pipeline: Pipeline): Promise<void> {
    const { sink, topic, partition, given } = pipeline
    const { logs, environment } = this.#parts
    for (const raw of logs.partition(topic, partition).slice(pipeline.next)) {
      pipeline.chain ??= createStatelessChain(sink, environment, { topic, partition })
      for (const output of await pipeline.chain.process(raw)) {
        given.push({ topic, partition, offset: raw.offset, ...output })
      }
      pipeline.next = raw.offset + 1
    }
  }

  #pipeline(sink: ExternalSink, topic: string, partition: number): Pipeline {
    const key = `${sink.name} ${topic}-${partition}`
    const given = this.#given.get(sink.name) ?? []
    const found = this.#pipelines.get(key)
    const pipeline = found ?? { sink, topic, partition, given, next: 0, chain: undefined }
    this.#pipelines.set(key, pipeline)
    return pipeline
  }

  #topicsOf({ nodes }: ExternalSink): readonly string[] {
    const { topicName } = this.#parts.environment
    return nodes.flatMap((node) =>
      node.kind === 'source' && !(node.topics instanceof RegExp) ? node.topics.map(topicName) : [],
    )
  }
}
