import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import { withPlace } from '../errors/with-place.ts'
import type { ProducerRecord } from '../kafka/producer.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import type {
  ChosenPartitions,
  SinkNode,
  StreamPartitioner,
  TopicNameExtractor,
} from '../topology/topology-node.ts'
import type { Node } from './node.ts'
import { placeOf, processingError } from './processing-error.ts'
import type { TaskScope } from './task-scope.ts'

/** Serializes records and gives them to the producer. */
export class SinkNodeInstance implements Node {
  readonly name: string
  readonly advanceTime = undefined
  readonly holdsBackMs = 0
  readonly #scope: TaskScope
  readonly #fixedTopic: string | undefined
  readonly #topicOf: TopicNameExtractor | undefined
  readonly #keySerde: Serde<unknown>
  readonly #valueSerde: Serde<unknown>
  readonly #partitioner: StreamPartitioner | undefined
  /** Waits for partition counts that had to be asked for; keeps the order of what is sent. */
  #tail: Promise<void> | undefined

  /** `topicName` puts the application id in front of internal names. */
  constructor(node: SinkNode, scope: TaskScope, topicName: (name: string) => string) {
    this.name = node.name
    this.#scope = scope
    this.#fixedTopic = typeof node.topic === 'string' ? topicName(node.topic) : undefined
    this.#topicOf = typeof node.topic === 'string' ? undefined : node.topic
    this.#keySerde = node.keySerde
    this.#valueSerde = node.valueSerde
    this.#partitioner = node.partitioner
  }

  /** The producer is there already; serdes may have to get something first. */
  init(): void {
    const topic = this.#fixedTopic
    if (topic === undefined) return
    for (const serde of [this.#keySerde, this.#valueSerde]) {
      if (serde.prepare !== undefined) this.#scope.waitFor(() => serde.prepare?.(topic))
    }
  }

  process(record: StreamRecord<unknown, unknown>): Awaitable<void> {
    const topic = this.#fixedTopic ?? this.#dynamicTopic(record)
    if (this.#partitioner === undefined && this.#tail === undefined) {
      this.#send(record, topic, undefined)
      return
    }
    return this.#partition(record, topic)
  }

  flush(): void {
    // The producer is flushed by the commit.
  }

  close(): void {
    // The producer belongs to the app.
  }

  #dynamicTopic(record: StreamRecord<unknown, unknown>): string {
    const { key, value, timestampMs, headers } = record
    const context = { timestampMs, headers, metadata: this.#scope.current }
    try {
      return this.#topicOf?.(key, value, context) ?? ''
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
  }

  #partition(record: StreamRecord<unknown, unknown>, topic: string): Awaitable<void> {
    const count = this.#scope.collector.partitionCount(topic)
    if (this.#tail === undefined && !isPromiseLike(count)) {
      this.#send(record, topic, this.#choose(record, topic, count))
      return
    }
    const before = this.#tail ?? Promise.resolve()
    const done = before.then(async () => {
      this.#send(record, topic, this.#choose(record, topic, await count))
    })
    this.#tail = done
    this.#scope.track(done)
    const free = (): void => {
      if (this.#tail === done) this.#tail = undefined
    }
    done.then(free, free)
    return done
  }

  #choose(record: StreamRecord<unknown, unknown>, topic: string, count: number): ChosenPartitions {
    if (this.#partitioner === undefined) return undefined
    let chosen: ChosenPartitions
    try {
      chosen = this.#partitioner(record.key, record.value, count, topic)
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
    if (typeof chosen === 'number') this.#check(chosen, topic, count)
    else for (const partition of chosen ?? []) this.#check(partition, topic, count)
    return chosen
  }

  #check(partition: number, topic: string, count: number): void {
    if (Number.isInteger(partition) && partition >= 0 && partition < count) return
    throw new MillraceError(
      'MR_PROCESSING',
      `The partitioner of ${this.name} chose partition ${partition} of ${topic}, which has ${count}`,
      { hint: 'Mend the partitioner.', at: placeOf(this.name, this.#scope) },
    )
  }

  #send(record: StreamRecord<unknown, unknown>, topic: string, chosen: ChosenPartitions): void {
    const { key, value, timestampMs, headers } = record
    let keyBytes: Uint8Array | null
    let valueBytes: Uint8Array | null
    try {
      keyBytes = key === null || key === undefined ? null : this.#keySerde.serialize(key, topic)
      valueBytes =
        value === null || value === undefined ? null : this.#valueSerde.serialize(value, topic)
    } catch (error) {
      throw this.#encodeError(topic, error)
    }
    const partition = typeof chosen === 'object' ? undefined : chosen
    const bytes = { topic, partition, key: keyBytes, value: valueBytes, timestampMs, headers }
    if (typeof chosen === 'object') this.#sendToEach(bytes, chosen)
    else this.#scope.collector.send(bytes)
  }

  #sendToEach(bytes: ProducerRecord, partitions: readonly number[]): void {
    if (partitions.length === 0) this.#scope.recordDropped(this.name, 'no-partition')
    for (const partition of partitions) this.#scope.collector.send({ ...bytes, partition })
  }

  #encodeError(topic: string, cause: unknown): MillraceError {
    const at = { ...placeOf(this.name, this.#scope), sinkTopic: topic }
    if (MillraceError.is(cause)) return withPlace(cause, at)
    return new MillraceError(
      'MR_SERIALIZATION',
      `Sink ${this.name} cannot serialize a record for topic ${topic}`,
      {
        cause,
        hint: 'Check the serdes of the sink against what the operators before it make.',
        at,
      },
    )
  }
}
