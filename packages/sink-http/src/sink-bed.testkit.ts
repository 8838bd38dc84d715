import {
  type LogFields,
  type Logger,
  MillraceError,
  type Sink,
  type SinkBatch,
  type SinkEmission,
  type SinkRecord,
  type SinkWriter,
} from '@millrace/core'
import { type Scheduler, systemClock } from '@millrace/core/internal'
import { closeAfterTest } from './close-after.testkit.ts'
import { httpSink } from './http-sink.ts'
import type { HttpSinkOptions } from './http-sink-options.ts'

/** A record to be; the rest is made up. */
export interface TestRecord<V> {
  readonly key?: string | null
  readonly value: V
  readonly offset?: number
  readonly index?: number
  readonly headers?: SinkRecord<string, V>['headers']
}

export interface BedOptions {
  readonly sinkId?: string
  readonly scheduler?: Scheduler
  readonly random?: () => number
  /** What `control.reject` does instead of taking the record. */
  readonly onReject?: () => Promise<void>
}

/** Quick retries, for tests. */
export const QUICK = {
  retry: { initialBackoff: 1, maxBackoff: 5 },
  timeouts: { connect: 500, headers: 300, body: 300 },
} as const

/** The overload for the options. */
export function createSink<V>(options: HttpSinkOptions<string | null, V>): Sink<string | null, V> {
  return options.batch === undefined ? httpSink(options) : httpSink(options)
}

/** An open sink with one partition, and what became of its records. Closed when the test is over. */
export class Bed<V> {
  readonly sink: Sink<string | null, V>
  readonly rejected: { readonly offset: number; readonly error: MillraceError }[] = []
  readonly emitted: SinkEmission[] = []
  readonly log: { readonly message: string; readonly fields: LogFields | undefined }[] = []
  readonly revoked: AbortController = new AbortController()
  readonly #options: BedOptions
  #writer: Promise<SinkWriter<string | null, V>> | undefined

  private constructor(sink: Sink<string | null, V>, options: BedOptions) {
    this.sink = sink
    this.#options = options
  }

  static async open<V = unknown>(
    options: HttpSinkOptions<string | null, V>,
    bedOptions: BedOptions = {},
  ): Promise<Bed<V>> {
    const bed = Bed.create(options, bedOptions)
    await bed.openSink()
    return bed
  }

  /** A sink that is not open. */
  static create<V = unknown>(
    options: HttpSinkOptions<string | null, V>,
    bedOptions: BedOptions = {},
  ): Bed<V> {
    const bed = new Bed(createSink(options), bedOptions)
    closeAfterTest(() => bed.#close())
    return bed
  }

  async openSink(): Promise<void> {
    const say = (message: string, fields?: LogFields): void => {
      this.log.push({ message, fields })
    }
    const logger: Logger = { debug: say, info: say, warn: say, error: say }
    await this.sink.open({
      sinkId: this.#options.sinkId ?? 'app-http',
      owner: 'test',
      logger,
      scheduler: this.#options.scheduler ?? systemClock,
      random: this.#options.random ?? Math.random,
    })
  }

  /** Writes records as one batch; offsets go on from `from`. */
  async write(records: readonly TestRecord<V>[], from = 0): Promise<void> {
    this.#writer ??= this.sink.claim({
      topic: 'orders',
      partition: 3,
      initialOffset: 0,
      signal: this.revoked.signal,
    })
    const writer = await this.#writer
    await writer.write(batchOf(records, from), {
      signal: this.revoked.signal,
      reject: async ({ offset }, error) => {
        await this.#options.onReject?.()
        this.rejected.push({ offset, error })
      },
      emit: (emission) => {
        this.emitted.push(emission)
        return Promise.resolve()
      },
    })
  }

  /** The error that a write rejects with. */
  async failure(records: readonly TestRecord<V>[], from = 0): Promise<MillraceError> {
    try {
      await this.write(records, from)
    } catch (error) {
      if (MillraceError.is(error)) return error
      throw error
    }
    throw new Error('the write did not fail')
  }

  async closeWriter(): Promise<void> {
    await (await this.#writer)?.close()
    this.#writer = undefined
  }

  async #close(): Promise<void> {
    await this.closeWriter()
    await this.sink.close()
  }
}

export function batchOf<V>(
  records: readonly TestRecord<V>[],
  from: number,
): SinkBatch<string | null, V> {
  const complete = records.map((record, i) => ({
    topic: 'orders',
    partition: 3,
    offset: record.offset ?? from + i,
    index: record.index ?? 0,
    timestampMs: 1_700_000_000_000,
    key: record.key ?? null,
    value: record.value,
    headers: record.headers ?? [],
  }))
  const offsets = complete.map(({ offset }) => offset)
  const [first = from, last = from] = [offsets[0], offsets.at(-1)]
  return {
    ...{ topic: 'orders', partition: 3, from, to: last + 1 },
    ...{ firstOffset: first, lastOffset: last, records: complete },
  }
}
