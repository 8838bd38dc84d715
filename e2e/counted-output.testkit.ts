import {
  type ConsumedRecord,
  type KafkaReader,
  partitionForKey,
  type TopicPartition,
} from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { readTopic } from './changelog.testkit.ts'
import type { TestCluster } from './cluster.testkit.ts'
import { type Input, parseInput } from './inputs.testkit.ts'
import type { Counted } from './topologies.testkit.ts'
import { PATIENCE_MS, until } from './until.testkit.ts'

interface Output extends Counted {
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

/** How many of each kind a failure tells. */
const EXAMPLES = 10

/**
 * The oracle: reads an output topic as any `read_committed` reader would, and knows what exactly-once
 * looks like: every input counted once, the counts of each key 1, 2, 3… in this order.
 */
export class CountedOutput {
  readonly #cluster: TestCluster
  readonly #reader: KafkaReader
  readonly #partitions: readonly TopicPartition[]
  readonly #positions = new Map<number, number>()
  readonly #outputs: Output[] = []

  static async open(cluster: TestCluster, topic: string): Promise<CountedOutput> {
    const { reader, partitions } = await cluster.readAll(topic)
    return new CountedOutput(cluster, reader, partitions)
  }

  private constructor(
    cluster: TestCluster,
    reader: KafkaReader,
    partitions: readonly TopicPartition[],
  ) {
    this.#cluster = cluster
    this.#reader = reader
    this.#partitions = partitions
  }

  /** Outputs read so far. */
  get length(): number {
    return this.#outputs.length
  }

  async untilLength(length: number, boundMs: number = PATIENCE_MS): Promise<void> {
    await until(
      `${length} outputs, of which ${this.length} are there`,
      async () => {
        await this.#poll()
        return this.length >= length
      },
      { boundMs },
    )
  }

  /** Waits until every input has at least one output, and reads to the end. */
  async untilComplete(inputs: readonly Input[]): Promise<void> {
    await until('an output of every input', async () => {
      await this.#poll()
      return this.compare(inputs).lost.length === 0
    })
    await this.#readToEnd()
  }

  /** Waits until no transaction is open in the topic: its last stable offset is its end. */
  async untilStable(boundMs: number = PATIENCE_MS): Promise<void> {
    await until('no open transaction in the output', () => this.isStable(), { boundMs })
  }

  /**
   * Waits for the outputs of `inputs`, reads to the very end, and compares.
   * @throws AssertionError that lists duplicates, losses and counts that are out of order, and where
   * the outputs and the inputs of the duplicates are
   */
  async assertExact(inputs: readonly Input[], boundMs: number = PATIENCE_MS): Promise<void> {
    const late = await this.untilLength(inputs.length, boundMs).catch((error: unknown) => error)
    await this.#readToEnd()
    const found = this.violations(inputs)
    found.push(...(await this.#whereRepeated(inputs)))
    assert.deepEqual(found, [], late instanceof Error ? late.message : undefined)
  }

  /** What is wrong with the outputs read so far; a few examples of each kind. */
  violations(inputs: readonly Input[]): string[] {
    const { lost, repeated } = this.compare(inputs)
    const counts = new Map<string, number>()
    const disorder: string[] = []
    for (const { key, count, id, partition, offset } of this.#outputs) {
      const expected = (counts.get(key) ?? 0) + 1
      if (count !== expected) {
        disorder.push(
          `${key} counts ${count} after ${expected - 1} (${id}, ${partition}@${offset})`,
        )
      }
      counts.set(key, count)
      const home = partitionForKey(Buffer.from(key), this.#partitions.length)
      if (partition !== home) disorder.push(`${key} is in partition ${partition}, not ${home}`)
    }
    return [
      ...examples('lost', lost),
      ...examples('repeated', repeated),
      ...disorder.slice(0, EXAMPLES),
    ]
  }

  /** Inputs that have no output, and those that have more than one. */
  compare(inputs: readonly Input[]): { readonly lost: string[]; readonly repeated: string[] } {
    const seen = new Set<string>()
    const repeated: string[] = []
    for (const { id } of this.#outputs) {
      if (seen.has(id)) repeated.push(id)
      seen.add(id)
    }
    return { lost: inputs.map(({ id }) => id).filter((id) => !seen.has(id)), repeated }
  }

  /**
   * For each repeated input: its outputs, and where it was written. Two places where it was written are
   * the producer's doing; one place is the application's, in one transaction if the outputs' offsets follow
   * on each other.
   */
  async #whereRepeated(inputs: readonly Input[]): Promise<string[]> {
    const ids = this.compare(inputs).repeated.slice(0, EXAMPLES)
    const written = ids.length === 0 ? [] : await this.#findInputs(new Set(ids))
    return ids.map((id) => {
      const outputs = this.#outputs.filter((output) => output.id === id)
      const counts = outputs.map((output) => `count ${output.count} in ${place(output)}`)
      const places = written.filter((input) => input.id === id).map(({ at }) => at)
      return `${id} has ${counts.join(', ')}; written ${places.length}×: ${places.join(', ')}`
    })
  }

  /** These inputs in all topics of the test but the output. */
  async #findInputs(ids: ReadonlySet<string>): Promise<readonly { id: string; at: string }[]> {
    const found: { id: string; at: string }[] = []
    const [output] = this.#partitions
    for (const topic of this.#cluster.topics.filter((other) => other !== output?.topic)) {
      for (const record of await readTopic(this.#cluster, topic)) {
        const { id } = parseInput(Buffer.from(record.value ?? []).toString())
        if (ids.has(id)) found.push({ id, at: `${topic} ${place(record)}` })
      }
    }
    return found
  }

  async #readToEnd(): Promise<void> {
    await this.untilStable()
    const ends = await this.#cluster.admin.listOffsets(this.#partitions, 'stable-end')
    await until('the end of the output', async () => {
      await this.#poll()
      return ends.every(({ partition, offset }) => (this.#positions.get(partition) ?? 0) >= offset)
    })
  }

  /** False while a transaction is open in the topic. */
  async isStable(): Promise<boolean> {
    const { admin } = this.#cluster
    const stable = await admin.listOffsets(this.#partitions, 'stable-end')
    const ends = await admin.listOffsets(this.#partitions, 'end')
    return ends.every(
      (end) => stable.find(({ partition }) => partition === end.partition)?.offset === end.offset,
    )
  }

  async #poll(): Promise<void> {
    const { records, ends } = await this.#reader.poll(10_000, 50)
    for (const record of records) {
      this.#outputs.push(decode(record))
      this.#positions.set(record.partition, record.offset + 1)
    }
    for (const { partition, offset } of ends) this.#positions.set(partition, offset)
  }
}

function decode({ key, value, partition, offset, timestamp }: ConsumedRecord): Output {
  // Written by the topology of the test.
  const counted = JSON.parse(Buffer.from(value ?? []).toString()) as Counted
  return { ...counted, key: Buffer.from(key ?? []).toString(), partition, offset, timestamp }
}

function place({
  partition,
  offset,
  timestamp,
}: Pick<ConsumedRecord, 'partition' | 'offset' | 'timestamp'>): string {
  return `${partition}@${offset} (time ${timestamp})`
}

function examples(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return []
  return [`${ids.length} ${what}: ${ids.slice(0, EXAMPLES).join(' ')}`]
}
