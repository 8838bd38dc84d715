import { MillraceError } from '@millrace/core'
import {
  type KafkaAdmin,
  type KafkaPort,
  type KafkaReader,
  partitionForKey,
  type PolledBatch,
} from '@millrace/core/internal'
import { decodePosition } from './position-record.ts'

/**
 * Small segments, since only closed ones are compacted: a claim reads what is left of its partition,
 * and each batch of each sink adds a record.
 */
const TOPIC_CONFIG = {
  'cleanup.policy': 'compact',
  'segment.bytes': '4194304',
  'segment.ms': '3600000',
  'min.cleanable.dirty.ratio': '0.1',
} as const

/** Of a new positions topic. More of them only make a claim read less. */
const PARTITIONS = 8

const POLL_RECORDS = 10_000
const POLL_MS = 200
/**
 * A claim that comes no further is tried again. It waits for transactions of other sinks that are open, which a process
 * that died has left until its partitions are claimed, or its transaction times out.
 */
const MAX_IDLE_POLLS = 100

export interface PositionsParts {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly topic: string
  readonly clientId: string
  readonly replicationFactor: number
}

/** The committed positions in the target, read as far as they are asked for. */
export class Positions {
  readonly #parts: PositionsParts
  readonly #known = new Map<string, number>()
  /** By partition of the positions topic: what is read next. */
  readonly #next = new Map<number, number>()
  #partitions = 0
  #reader: KafkaReader | undefined
  /** One read after the other: there is one reader. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: PositionsParts) {
    this.#parts = parts
  }

  get topic(): string {
    return this.#parts.topic
  }

  /** Creates the topic when it is missing. */
  async open(): Promise<void> {
    const { admin, topic, replicationFactor } = this.#parts
    let [found] = await admin.describeTopics([topic])
    if (found === undefined) {
      await admin.createTopics([
        { topic, partitions: PARTITIONS, replicationFactor, config: TOPIC_CONFIG },
      ])
      ;[found] = await admin.describeTopics([topic])
    }
    this.#partitions = found?.partitions ?? PARTITIONS
  }

  /** What was committed last under the key, of everything that is in the topic when it is called. */
  async read(key: string): Promise<number | undefined> {
    const reading = this.#last.then(() => this.#readOn(key))
    this.#last = reading.catch(() => undefined) // Told to its own caller.
    return reading
  }

  async close(): Promise<void> {
    await this.#last
    const reader = this.#reader
    this.#forget()
    await reader?.close()
  }

  async #readOn(key: string): Promise<number | undefined> {
    const { topic, admin } = this.#parts
    const partition = partitionForKey(Buffer.from(key), this.#partitions)
    try {
      const reader = await this.#readerOf(partition)
      // Not the last stable offset: a transaction of another sink that is open holds that back, and what was
      // committed under this key behind it would be missed.
      const [end] = await admin.listOffsets([{ topic, partition }], 'end')
      let idle = 0
      while ((this.#next.get(partition) ?? 0) < (end?.offset ?? 0)) {
        const batch = await reader.poll(POLL_RECORDS, POLL_MS)
        this.#apply(batch)
        idle = batch.records.length + batch.ends.length === 0 ? idle + 1 : 0
        if (idle > MAX_IDLE_POLLS) throw this.#standsStill(partition)
      }
    } catch (error) {
      // Where it stands is not known any more: the next claim begins anew.
      const reader = this.#reader
      this.#forget()
      await reader?.close()
      throw error
    }
    return this.#known.get(key)
  }

  async #readerOf(partition: number): Promise<KafkaReader> {
    const { kafka, topic, clientId, admin } = this.#parts
    this.#reader ??= kafka.reader({ clientId })
    if (!this.#next.has(partition)) {
      const [start] = await admin.listOffsets([{ topic, partition }], 'start')
      const offset = start?.offset ?? 0
      await this.#reader.add([{ topic, partition, offset }])
      this.#next.set(partition, offset)
    }
    return this.#reader
  }

  #apply({ records, ends }: PolledBatch): void {
    for (const { key, value, partition, offset } of records) {
      const name = Buffer.from(key ?? []).toString()
      if (value === null) this.#known.delete(name)
      else this.#known.set(name, decodePosition(value, name))
      this.#next.set(partition, offset + 1)
    }
    for (const { partition, offset } of ends) this.#next.set(partition, offset)
  }

  #forget(): void {
    this.#reader = undefined
    this.#known.clear()
    this.#next.clear()
  }

  #standsStill(partition: number): MillraceError {
    const { topic } = this.#parts
    return new MillraceError('MR_SINK_UNAVAILABLE', `The positions in ${topic} cannot be read`, {
      hint: 'Check that the brokers of the target cluster are up and reachable; it is tried again.',
      at: { topic, partition },
    })
  }
}
