import { isPromiseLike } from '../../base/awaitable.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { SinkConfig } from '../../sink/sink-config.ts'
import type { Sink, SinkEmission, SinkWriter } from '../../sink/sink.ts'
import type { Scheduler } from '../../time/clock.ts'
import { untilDone } from './attempts.ts'
import { BatchCutter, bufferedBytes } from './batch-cutter.ts'
import { BatchWrites } from './batch-writes.ts'
import { endsWithin } from './bounded-wait.ts'
import type { RejectedRecords } from './rejected-records.ts'
import { sinkError, type SinkPlace } from './sink-error.ts'
import type { SinkGate } from './sink-gate.ts'
import type { SinkCounters } from './sink-metrics.ts'
import type { SinkStart } from './sink-start.ts'
import type { ChainOutput, StatelessChain } from './stateless-chain.ts'

/** What all pipelines of a sink have in common. */
export interface PipelineEnvironment {
  readonly sinkId: string
  readonly sink: Sink<unknown, unknown>
  readonly config: SinkConfig
  readonly gate: SinkGate
  readonly rejected: RejectedRecords
  /** Undefined for a sink that emits nothing. */
  readonly emit: ((emission: SinkEmission) => Promise<void>) | undefined
  readonly counters: SinkCounters
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
}

export interface PipelineParts {
  readonly environment: PipelineEnvironment
  readonly partition: TopicPartition
  readonly chain: StatelessChain
  /** What the cluster knows of the partition by now. */
  readonly startAgain: () => Promise<SinkStart | undefined>
  /** Where reading begins, given the position that the target holds. */
  readonly readingStart: (start: SinkStart, position: number | undefined) => Promise<number>
  /** Something happened that the member may act on: a claim, an acknowledgement, a failure. */
  readonly onChange: () => void
  /** Told once: the pipeline does nothing from then on. */
  readonly onFailure: (error: MillraceError) => void
}

/** Processed records are let go of in one step, which costs as much as those behind them. */
const FORGOTTEN_TOGETHER = 4096

interface Claimed {
  readonly start: SinkStart
  readonly writer: SinkWriter<unknown, unknown>
  /** Where reading begins. */
  readonly position: number
}

/**
 * `claiming` → `claimed` → `reading` → `draining` → `closed`; from each one to `closed`.
 */
type PipelineState = 'claiming' | 'claimed' | 'reading' | 'draining' | 'closed'

/**
 * One partition on its way to a sink's target: claimed, read, run through the operators, cut into batches, written.
 *
 * Semantics: everything but {@link receive} happens beside the loop that polls, and wakes it up. What of the
 * partition is done is {@link ackedPosition}.
 *
 * Invariant: all that is received is in one of three places, in order: raw, in the cutter, in the writes.
 */
export class PartitionPipeline {
  readonly topic: string
  readonly partition: number
  readonly #parts: PipelineParts
  readonly #abort = new AbortController()
  #state: PipelineState = 'claiming'
  #start: SinkStart | undefined
  /** The claim under way, and what came of it. */
  #claim: Promise<SinkWriter<unknown, unknown>> | undefined
  #cutter: BatchCutter | undefined
  #writes: BatchWrites | undefined
  #raw: ConsumedRecord[] = []
  /** The first of `#raw` that is not processed. */
  #rawAt = 0
  #rawBytes = 0
  #nextOffset = 0
  #readTo = 0
  #processing: Promise<void> | undefined
  #hasFailed = false

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.topic = parts.partition.topic
    this.partition = parts.partition.partition
  }

  get state(): PipelineState {
    return this.#state
  }

  /** Where the claim has found that reading begins. */
  get readFrom(): number {
    return this.#nextOffset
  }

  get start(): SinkStart | undefined {
    return this.#start
  }

  /** Everything before it is acknowledged, or was nothing for the target; undefined before the claim. */
  get ackedPosition(): number | undefined {
    return this.#writes?.ackedPosition
  }

  /** What the target holds, if it keeps positions; undefined before the claim. */
  get storedPosition(): number | undefined {
    return this.#writes?.storedPosition
  }

  get waitingBytes(): number {
    return this.#rawBytes + (this.#writes?.waitingBytes ?? 0)
  }

  /** True when something will be written without any more input. */
  get hasCompleteBatches(): boolean {
    return this.#writes?.hasCompleteBatches ?? false
  }

  /**
   * Takes the partition over in the target. Failures are told to `onFailure`; after {@link close} nothing comes of it.
   */
  async claim(start: SinkStart): Promise<void> {
    try {
      const claimed = (await this.#claimIn(start)) ?? (await this.#claimAgain())
      if (claimed !== undefined) this.#begin(claimed)
    } catch (error) {
      this.#fail(error, 'claiming')
    }
  }

  /** The consumer reads it now. */
  beginReading(): void {
    if (this.#state === 'claimed') this.#state = 'reading'
  }

  /** Records in the order of their offsets; those from before the position are of an earlier assignment. */
  receive(record: ConsumedRecord): void {
    if (this.#state !== 'reading' || record.offset < this.#nextOffset) return
    this.#nextOffset = record.offset + 1
    this.#raw.push(record)
    this.#rawBytes += bufferedBytes(record)
  }

  /** After the records above there is none before this offset. */
  reachedEnd(offset: number): void {
    if (this.#state !== 'reading' || offset <= this.#nextOffset) return
    this.#nextOffset = offset
    this.#readTo = offset
  }

  /** Processes what was received, as far as there is room, and writes what is complete. */
  pump(): void {
    if (this.#state !== 'reading' || this.#processing !== undefined || this.#hasFailed) return
    const processing = this.#processAll()
    if (processing === undefined) return
    this.#processing = processing.finally(() => {
      this.#processing = undefined
      this.pump()
    })
  }

  /** No new batch is written from now on. Resolves when those under way have ended, well or not. */
  async drain(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = this.#state === 'reading' ? 'draining' : this.#state
    if (this.#state === 'claiming') this.#abort.abort()
    await this.#writes?.drain()
  }

  /** Gives the partition up, with what is under way; waits for the target no longer than `maxMs`. Idempotent. */
  async close(maxMs: number): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#abort.abort()
    this.#writes?.stop()
    const { environment, chain } = this.#parts
    const { scheduler, logger, sinkId } = environment
    const closing = this.#closeParts(chain)
    if (await endsWithin(scheduler, maxMs, closing)) return
    logger.warn(`sink ${sinkId}: a writer does not close; going on without it`, this.#at)
  }

  get #at(): SinkPlace {
    const { topic, partition } = this
    return { sink: this.#parts.environment.sinkId, topic, partition }
  }

  async #claimWriter(start: SinkStart): Promise<SinkWriter<unknown, unknown> | undefined> {
    const { environment } = this.#parts
    const { sink, config, sinkId } = environment
    const { topic, partition } = this
    const { signal } = this.#abort
    const claimed = await untilDone(
      `sink ${sinkId}: claiming ${topic}-${partition}`,
      { ...environment, config: config.retry, signal, at: this.#at },
      () => {
        this.#claim = sink.claim({ topic, partition, initialOffset: start.initialOffset, signal })
        return this.#claim
      },
    )
    return claimed?.result
  }

  /**
   * A claim, and where reading begins; undefined when there is none.
   *
   * A process may hear of its claim late, when another has claimed, written and purged since: then the position is not in
   * the log any more, and {@link #claimAgain} tells the one that is. Only if that one is not there either, it is an error.
   */
  async #claimIn(start: SinkStart, isLast = false): Promise<Claimed | undefined> {
    const writer = await this.#claimWriter(start)
    if (writer === undefined) return undefined
    try {
      const position = await this.#parts.readingStart(start, writer.position)
      return { start, writer, position }
    } catch (error) {
      if (isLast || !MillraceError.is(error, 'MR_SINK_POSITION')) throw error
      await writer.close()
      return undefined
    }
  }

  /** With what the cluster knows now. */
  async #claimAgain(): Promise<Claimed | undefined> {
    if (this.#state !== 'claiming') return undefined
    const start = await this.#parts.startAgain()
    return start === undefined ? undefined : this.#claimIn(start, true)
  }

  #begin({ start, writer, position }: Claimed): void {
    const { environment } = this.#parts
    const { config, scheduler } = environment
    if (this.#state !== 'claiming') return
    const cutter = new BatchCutter({
      topic: this.topic,
      partition: this.partition,
      config: config.batch,
      from: writer.position ?? position,
      position,
      keepsRaws: config.deadLetterTopic !== undefined,
      clock: scheduler,
    })
    this.#cutter = cutter
    this.#writes = new BatchWrites({
      environment,
      cutter,
      writer,
      signal: this.#abort.signal,
      onAcknowledged: () => {
        this.pump()
        this.#parts.onChange()
      },
      onFailure: (error) => {
        this.#fail(error, 'writing')
      },
    })
    this.#start = start
    this.#nextOffset = position
    this.#readTo = position
    this.#state = 'claimed'
    environment.logger.debug(`sink ${environment.sinkId}: claimed`, { ...this.#at, position })
    this.#parts.onChange()
  }

  /** A promise when an operator makes one. */
  #processAll(): Promise<void> | undefined {
    const cutter = this.#cutter
    const writes = this.#writes
    if (cutter === undefined || writes === undefined) return undefined
    try {
      for (let raw = this.#peek(); raw !== undefined && writes.hasRoom; raw = this.#peek()) {
        const outputs = this.#parts.chain.process(raw)
        if (isPromiseLike(outputs)) return this.#addLater(raw, outputs)
        this.#add(raw, outputs)
      }
    } catch (error) {
      this.#fail(error, 'processing')
      return undefined
    }
    if (this.#peek() === undefined) cutter.reachedEnd(this.#readTo)
    writes.dispatch()
    return undefined
  }

  #peek(): ConsumedRecord | undefined {
    return this.#raw[this.#rawAt]
  }

  async #addLater(
    raw: ConsumedRecord,
    outputs: PromiseLike<readonly ChainOutput[]>,
  ): Promise<void> {
    try {
      this.#add(raw, await outputs)
      this.#writes?.dispatch()
    } catch (error) {
      this.#fail(error, 'processing')
    }
  }

  #add(raw: ConsumedRecord, outputs: readonly ChainOutput[]): void {
    this.#rawAt++
    if (this.#rawAt === this.#raw.length || this.#rawAt >= FORGOTTEN_TOGETHER) {
      this.#raw.splice(0, this.#rawAt)
      this.#rawAt = 0
    }
    const bytes = bufferedBytes(raw)
    this.#rawBytes -= bytes
    if (outputs.length === 0) this.#parts.environment.counters.filtered++
    else this.#writes?.took(bytes)
    this.#cutter?.add(raw, outputs)
  }

  /** A claim that is still under way would take the partition from its next owner: it is waited for as well. */
  async #closeParts(chain: StatelessChain): Promise<void> {
    const writer = await this.#claim?.catch(() => undefined)
    await writer?.close()
    await this.#processing
    try {
      await chain.close()
    } catch (error) {
      this.#parts.environment.logger.warn('an operator before a sink failed to close', {
        ...this.#at,
        error,
      })
    }
  }

  #fail(error: unknown, doing: string): void {
    const { environment, onFailure } = this.#parts
    const { sinkId, logger } = environment
    const failure = sinkError(
      error,
      `sink ${sinkId}: ${doing} ${this.topic}-${this.partition}`,
      this.#at,
    )
    // What is given up may say so.
    if (this.#state === 'closed' || this.#hasFailed) {
      logger.debug('after the end of a partition', { ...this.#at, error: failure })
      return
    }
    this.#hasFailed = true
    this.#writes?.stop()
    onFailure(failure)
  }
}
