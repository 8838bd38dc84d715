import {
  MillraceError,
  type Sink,
  type SinkBatch,
  type SinkRecord,
  type SinkWriteControl,
  type SinkWriter,
  serdes,
} from '@millrace/core'
import { silentLogger, systemClock } from '@millrace/core/internal'
import { kafkaSink, type KafkaSinkOptions } from '@millrace/sink-kafka'
import assert from 'node:assert/strict'
import type { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

type Text = SinkRecord<string, string>

/** Where records of the test come from: nothing reads it, since batches are made by hand. */
export const SOURCE = { topic: 'source', partition: 0 } as const

/** Records with these offsets, each with its offset as its value. */
export function batchOf(
  from: number,
  to: number,
  offsets: readonly number[],
  value: (offset: number) => string = (offset) => `v${offset}`,
): SinkBatch<string, string> {
  const records = offsets.map((offset): Text => ({
    ...SOURCE,
    offset,
    index: 0,
    timestampMs: Date.now(),
    key: `k${offset % 5}`,
    value: value(offset),
    headers: [],
  }))
  return {
    ...SOURCE,
    from,
    to,
    firstOffset: offsets[0] ?? 0,
    lastOffset: offsets.at(-1) ?? 0,
    records,
  }
}

/** Notes what is rejected. */
export function controlOf(): SinkWriteControl<string, string> & { readonly rejected: number[] } {
  const rejected: number[] = []
  return {
    signal: new AbortController().signal,
    rejected,
    reject: ({ offset }) => {
      rejected.push(offset)
      return Promise.resolve()
    },
  }
}

/** A topic that a sink writes to, and what a reader of committed data finds in it. */
export class KafkaTarget {
  readonly #cluster: TestCluster
  readonly topic: string

  static async create(
    cluster: TestCluster,
    config: Record<string, string> = {},
  ): Promise<KafkaTarget> {
    return new KafkaTarget(cluster, await cluster.createTopic('target', 3, config))
  }

  private constructor(cluster: TestCluster, topic: string) {
    this.#cluster = cluster
    this.topic = topic
  }

  async open(more: Partial<KafkaSinkOptions<string, string>> = {}): Promise<Sink<string, string>> {
    const { id, brokers } = this.#cluster
    const sink = kafkaSink<string, string>({
      brokers,
      topic: this.topic,
      key: serdes.string,
      value: serdes.string,
      positionsTopic: `${id}-positions`,
      replicationFactor: 1,
      ...more,
    })
    this.#cluster.defer(() => sink.close())
    await sink.open({
      sinkId: `${id}-sink`,
      owner: 'test',
      logger: silentLogger,
      scheduler: systemClock,
      random: Math.random,
    })
    return sink
  }

  /** Until it succeeds: a topic that is new may have no leader for a moment. */
  async claim(sink: Sink<string, string>): Promise<SinkWriter<string, string>> {
    let writer: SinkWriter<string, string> | undefined
    await until('the partition is claimed', async () => {
      try {
        const { signal } = new AbortController()
        writer = await sink.claim({ ...SOURCE, initialOffset: 0, signal })
        return true
      } catch (error) {
        if (MillraceError.is(error, 'MR_SINK_UNAVAILABLE')) return false
        throw error
      }
    })
    assert.ok(writer)
    return writer
  }

  /** Everything committed, in no order among partitions; waits until no transaction is open. */
  async values(): Promise<string[]> {
    const { reader, partitions } = await this.#cluster.readAll(this.topic)
    const { admin } = this.#cluster
    const values: string[] = []
    const next = new Map<number, number>()
    await until('the whole target is read', async () => {
      const { records, ends } = await reader.poll(10_000, 50)
      for (const { value, partition, offset } of records) {
        values.push(Buffer.from(value ?? []).toString())
        next.set(partition, offset + 1)
      }
      for (const { partition, offset } of ends) next.set(partition, offset)
      const stops = await admin.listOffsets(partitions, 'end')
      return stops.every(({ partition, offset }) => (next.get(partition) ?? 0) >= offset)
    })
    await reader.close()
    return values.sort()
  }
}
