import type { MillraceError, Sink, SinkRecord, SinkWriter } from '@millrace/core'
import { silentLogger, systemClock } from '@millrace/core/internal'
import { jdbcSink } from './jdbc-sink.ts'
import type { JdbcSinkOptions } from './options/jdbc-options.ts'

const TOPIC = 'orders'

/** What a test gives for a record: key and value, and a topic or an index where it matters. */
export type GivenRecord = readonly [key: unknown, value: unknown, at?: { readonly index: number }]

/** A rejected record. */
export interface Rejection {
  readonly offset: number
  readonly error: MillraceError
}

type Options = JdbcSinkOptions<unknown, unknown>

/** An open sink with one partition, which writes records one batch after the other. */
export class SinkBench {
  readonly sink: Sink<unknown, unknown>
  readonly writer: SinkWriter<unknown, unknown>
  readonly #partition: number
  #offset: number

  private constructor(
    sink: Sink<unknown, unknown>,
    writer: SinkWriter<unknown, unknown>,
    partition: number,
  ) {
    this.sink = sink
    this.writer = writer
    this.#partition = partition
    this.#offset = writer.position ?? 0
  }

  /** The id is that of the table, so that tests do not share positions. */
  static async open(
    options: Options,
    sinkId = `app-${options.table ?? ''}`,
    partition = 0,
  ): Promise<SinkBench> {
    const sink = jdbcSink(options)
    await openSink(sink, sinkId)
    try {
      const signal = new AbortController().signal
      const claim = { topic: TOPIC, partition, initialOffset: 0, signal }
      return new SinkBench(sink, await sink.claim(claim), partition)
    } catch (error) {
      await sink.close()
      throw error
    }
  }

  /** Writes a batch; gives what was rejected. */
  async write(...records: readonly GivenRecord[]): Promise<readonly Rejection[]> {
    const rejected: Rejection[] = []
    const from = this.#offset
    const made = this.#records(records)
    const to = (made.at(-1)?.offset ?? from) + 1
    await this.writer.write(
      {
        topic: TOPIC,
        partition: this.#partition,
        from,
        to,
        firstOffset: from,
        lastOffset: to - 1,
        records: made,
      },
      {
        signal: new AbortController().signal,
        reject: ({ offset }, error) => {
          rejected.push({ offset, error })
          return Promise.resolve()
        },
      },
    )
    this.#offset = to
    return rejected
  }

  close(): Promise<void> {
    return this.sink.close()
  }

  #records(records: readonly GivenRecord[]): readonly SinkRecord<unknown, unknown>[] {
    let next = this.#offset
    return records.map(([key, value, at]) => {
      const index = at?.index ?? 0
      const offset = index > 0 ? next - 1 : next++
      return {
        topic: TOPIC,
        partition: this.#partition,
        offset,
        index,
        timestampMs: 1_700_000_000_000,
        key,
        value,
        headers: [],
      }
    })
  }
}

/** Opens a sink as the runtime does. */
export async function openSink(sink: Sink<unknown, unknown>, sinkId = 'app-orders'): Promise<void> {
  await sink.open({
    sinkId,
    owner: 'this test',
    logger: silentLogger,
    scheduler: systemClock,
    random: () => 0.5,
  })
}

/** Opens a sink, writes one batch, closes it. */
export async function writeOnce(
  options: Options,
  ...records: readonly GivenRecord[]
): Promise<readonly Rejection[]> {
  const bench = await SinkBench.open(options)
  try {
    return await bench.write(...records)
  } finally {
    await bench.close()
  }
}
