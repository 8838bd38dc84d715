import { MillraceError } from '../../errors/millrace-error.ts'
import { withPlace } from '../../errors/with-place.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { GroupConsumer, PolledBatch, RebalanceEvent } from '../../kafka/group-consumer.ts'
import type { Logger } from '../../observe/logger.ts'
import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'
import type { Scheduler } from '../../time/clock.ts'
import { Poller } from '../poller.ts'
import type { RepartitionPurger } from '../repartition-purger.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { explainPollError } from '../stale-position.ts'
import { Wakeup } from '../wakeup.ts'
import { endsWithin } from './bounded-wait.ts'
import { PartitionPipeline, type PipelineEnvironment } from './partition-pipeline.ts'
import { SinkBuffer } from './sink-buffer.ts'
import { SinkOffsets } from './sink-offsets.ts'
import { readingStart, type SinkStart, sinkStarts, type SinkStartParts } from './sink-start.ts'
import type { StatelessChain } from './stateless-chain.ts'

/** How long the parts of an end may take. */
export interface SinkDrainTimes {
  /** For writes under way when the app closes. */
  readonly closeMs: number
  /** For writes under way when their partitions are taken away: the group waits. */
  readonly revokeMs: number
  /** For each other step: a last commit, writers that close. */
  readonly stepMs: number
}

export interface SinkMemberParts {
  readonly environment: PipelineEnvironment
  readonly topics: readonly string[]
  readonly consumer: GroupConsumer
  readonly admin: KafkaAdmin
  readonly purger: RepartitionPurger
  readonly retries: Omit<RetryOptions, 'signal'>
  readonly resetOf: SinkStartParts['resetOf']
  readonly createChain: (partition: TopicPartition) => StatelessChain
  readonly drain: SinkDrainTimes
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly stop: AbortSignal
  /** The partitions of the first assignment are claimed. */
  readonly onClaimed: () => void
}

const LONGEST_WAIT_MS = 100

/**
 * One life of a sink in its consumer group: one consumer, its pipelines, one loop.
 *
 * Semantics: each turn answers rebalances, hands what the poll gave to the pipelines, and begins to read what was
 * claimed meanwhile. The loop never waits for the target: claims and writes are under way beside it, and a partition
 * that has too much waiting is paused.
 *
 * Invariants:
 * - Nothing of a partition is read before the target has told where to go on. The group is answered at once,
 *   with nothing to read; the position follows.
 * - Before a revoked partition is given back its writer is closed, and what it has acknowledged is committed. Of one
 *   that was lost nothing is committed: another member may have gone on.
 */
export class SinkMember {
  readonly #parts: SinkMemberParts
  readonly #pipelines = new Map<string, PartitionPipeline>()
  readonly #wakeup: Wakeup
  readonly #poller: Poller
  readonly #buffer: SinkBuffer
  readonly #offsets: SinkOffsets
  /** Ends what is asked of Kafka beside the loop. */
  readonly #ended = new AbortController()
  #failure: MillraceError | undefined
  #isMember = false
  #hasClaimed = false
  /** A revocation whose writes have not ended, and until when they may. */
  #revoking:
    { readonly event: RebalanceEvent; readonly untilMs: number; isDrained: boolean } | undefined

  constructor(parts: SinkMemberParts) {
    const { scheduler, consumer, environment } = parts
    this.#parts = parts
    this.#wakeup = new Wakeup(scheduler)
    this.#poller = new Poller(consumer, this.#wakeup)
    this.#buffer = new SinkBuffer(environment.config.bufferMaxBytes)
    const { tier } = environment.sink.capabilities
    this.#offsets = new SinkOffsets({ ...parts, tier, clock: scheduler })
  }

  get partitions(): number {
    return this.#pipelines.size
  }

  /** Offsets between what is acknowledged and the ends that the client has heard of. */
  get lag(): number {
    let lag = 0
    for (const pipeline of this.#pipelines.values()) {
      const { ackedPosition } = pipeline
      const end = this.#parts.consumer.knownEndOffset(pipeline)
      if (ackedPosition !== undefined && end !== undefined) lag += Math.max(0, end - ackedPosition)
    }
    return lag
  }

  /**
   * Runs until it is to stop, then ends what is under way, commits and leaves the group.
   * @throws MillraceError with the action 'fence' or 'fail'
   */
  async run(): Promise<void> {
    const { stop } = this.#parts
    const wake = (): void => {
      this.#wakeup.wake()
    }
    stop.addEventListener('abort', wake, { once: true })
    try {
      await this.#join()
      while (!stop.aborted && this.#failure === undefined) await this.#turn()
    } catch (error) {
      this.#fail(error)
    } finally {
      stop.removeEventListener('abort', wake)
      await this.#leave()
    }
    // A getter of its own: the compiler does not see that a callback may have set it.
    const failure = this.#failureSoFar()
    if (failure !== undefined) throw failure
  }

  #failureSoFar(): MillraceError | undefined {
    return this.#failure
  }

  async #join(): Promise<void> {
    const { consumer, topics, retries, stop } = this.#parts
    await retry('joining the group of a sink', { ...retries, signal: stop }, () =>
      consumer.subscribe(topics),
    )
  }

  async #turn(): Promise<void> {
    await this.#answerRebalances()
    this.#poller.start()
    await this.#wakeup.wait(this.#poller.hasResult ? 0 : LONGEST_WAIT_MS)
    await this.#receive()
    await this.#beginReading()
    this.#buffer.adjust(this.#reading, this.#parts.consumer)
    this.#offsets.commitWhenDue([...this.#pipelines.values()])
    this.#tellClaimed()
  }

  get #reading(): readonly PartitionPipeline[] {
    return [...this.#pipelines.values()].filter(({ state }) => state === 'reading')
  }

  async #receive(): Promise<void> {
    try {
      for (let batch = this.#poller.take(); batch !== undefined; batch = this.#poller.take()) {
        this.#route(batch)
      }
    } catch (error) {
      if (!MillraceError.is(error) || error.action !== 'retry') throw await this.#explain(error)
      const { logger } = this.#parts
      logger.warn(`${error.message}; going on when it is back`, { code: error.code, ...error.at })
      await this.#wakeup.wait(LONGEST_WAIT_MS)
    }
    for (const pipeline of this.#pipelines.values()) pipeline.pump()
  }

  #route({ records, ends }: PolledBatch): void {
    let pipeline: PartitionPipeline | undefined
    for (const record of records) {
      // Records come in blocks of one partition: look the pipeline up once a block.
      if (pipeline?.partition !== record.partition || pipeline.topic !== record.topic) {
        pipeline = this.#pipelines.get(partitionKey(record.topic, record.partition))
      }
      pipeline?.receive(record)
    }
    for (const { topic, partition, offset } of ends) {
      this.#pipelines.get(partitionKey(topic, partition))?.reachedEnd(offset)
    }
  }

  /**
   * What an error of a poll is to this member. A position that the log does not hold may be none of its own: of a
   * partition that was given back, and purged by its next owner, or of the last record that comes again (see
   * {@link GroupConsumer.poll}), and is purged by now. The client does not say which partition it means, and reads it no
   * more, not even after a seek (librdkafka 2.15.1): another life reads on.
   */
  async #explain(error: unknown): Promise<unknown> {
    if (!MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE')) return error
    const gone = await this.#outOfRange()
    if (gone === undefined) {
      return new MillraceError(
        'MR_STALE_GENERATION',
        'The client has gone back to a purged record',
        {
          cause: error,
          hint: 'Nothing to do: reading goes on behind it.',
        },
      )
    }
    const { topic, partition, readFrom } = gone
    const positions = this.#reading.map((one) => ({
      topic: one.topic,
      partition: one.partition,
      offset: one.ackedPosition ?? 0,
    }))
    const placed = withPlace(error, { topic, partition, offset: readFrom })
    return explainPollError(placed, positions, this.#parts)
  }

  /** One whose next record is not in the log any more, or was never. */
  async #outOfRange(): Promise<PartitionPipeline | undefined> {
    const { admin } = this.#parts
    const reading = this.#reading
    const [starts, ends] = await Promise.all([
      admin.listOffsets(reading, 'start'),
      admin.listOffsets(reading, 'end'),
    ])
    return reading.find(({ topic, partition, readFrom }) => {
      const offsetIn = (all: typeof starts): number | undefined =>
        all.find((one) => one.topic === topic && one.partition === partition)?.offset
      return readFrom < (offsetIn(starts) ?? 0) || readFrom > (offsetIn(ends) ?? Infinity)
    })
  }

  /**
   * A poll under way may return records of an earlier assignment of the same partition, from beyond the position:
   * what is between would be lost. It is waited for, and what it gave is dropped, before there is anyone to take it.
   */
  async #beginReading(): Promise<void> {
    if (this.#revoking !== undefined || !this.#claimed().length) return
    await this.#poller.settle()
    await this.#receive()
    const claimed = this.#claimed()
    await this.#parts.consumer.assign(
      claimed.map(({ topic, partition, readFrom }) => ({ topic, partition, offset: readFrom })),
    )
    for (const pipeline of claimed) pipeline.beginReading()
  }

  #claimed(): readonly PartitionPipeline[] {
    return [...this.#pipelines.values()].filter(({ state }) => state === 'claimed')
  }

  #tellClaimed(): void {
    if (this.#hasClaimed || !this.#isMember) return
    if ([...this.#pipelines.values()].some(({ state }) => state === 'claiming')) return
    this.#hasClaimed = true
    this.#parts.onClaimed()
  }

  async #answerRebalances(): Promise<void> {
    for (;;) {
      if (this.#revoking !== undefined && !(await this.#finishRevocation())) return
      const event = this.#parts.consumer.takeRebalance()
      if (event === undefined) return
      this.#tell(event)
      if (event.kind === 'assigned') await this.#assigned(event.partitions)
      else if (event.lost) await this.#giveBack(event)
      else this.#beginRevocation(event)
    }
  }

  #tell(event: RebalanceEvent): void {
    const { logger, environment } = this.#parts
    const partitions = event.partitions.map(({ topic, partition }) => `${topic}-${partition}`)
    logger.info(`sink ${environment.sinkId}: partitions ${event.kind}`, {
      partitions,
      ...(event.kind === 'revoked' ? { lost: event.lost } : {}),
    })
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const fresh = partitions
      .filter(({ topic, partition }) => !this.#pipelines.has(partitionKey(topic, partition)))
      .map((partition) => this.#createPipeline(partition))
    for (const pipeline of fresh) {
      this.#pipelines.set(partitionKey(pipeline.topic, pipeline.partition), pipeline)
    }
    await this.#parts.consumer.assign([])
    this.#isMember = true
    if (fresh.length > 0) void this.#claimAll(fresh)
  }

  #createPipeline(partition: TopicPartition): PartitionPipeline {
    const { environment, createChain, admin, retries, logger } = this.#parts
    const { sinkId } = environment
    return new PartitionPipeline({
      environment,
      partition,
      chain: createChain(partition),
      startAgain: async () => (await this.#lookUpStarts([partition]))[0],
      readingStart: (start, position) =>
        retry('looking up the log of a sink', { ...retries, signal: this.#ended.signal }, () =>
          readingStart(start, position, { admin, sinkId, logger }),
        ),
      onChange: () => {
        this.#wakeup.wake()
      },
      onFailure: (error) => {
        this.#fail(error)
      },
    })
  }

  /** Beside the loop: Kafka and the target may take their time. */
  async #claimAll(pipelines: readonly PartitionPipeline[]): Promise<void> {
    try {
      const starts = await this.#lookUpStarts(
        pipelines.map(({ topic, partition }) => ({ topic, partition })),
      )
      pipelines.forEach((pipeline, i) => {
        const start = starts[i]
        if (start !== undefined && pipeline.state === 'claiming') void pipeline.claim(start)
      })
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#fail(error)
    }
  }

  #lookUpStarts(partitions: readonly TopicPartition[]): Promise<readonly SinkStart[]> {
    const { environment, retries, scheduler } = this.#parts
    const parts = { ...this.#parts, sinkId: environment.sinkId, clock: scheduler }
    const { signal } = this.#ended
    return retry('looking up start positions of a sink', { ...retries, signal }, () =>
      sinkStarts(partitions, parts),
    )
  }

  #beginRevocation(event: RebalanceEvent): void {
    const { scheduler, drain } = this.#parts
    const revoking = { event, untilMs: scheduler.nowMs() + drain.revokeMs, isDrained: false }
    this.#revoking = revoking
    void Promise.all(this.#of(event).map((pipeline) => pipeline.drain())).then(() => {
      revoking.isDrained = true
      this.#wakeup.wake()
    })
  }

  /** False while writes are under way that may still end in time. */
  async #finishRevocation(): Promise<boolean> {
    const { scheduler, drain, logger, environment } = this.#parts
    const revoking = this.#revoking
    if (revoking === undefined) return true
    if (!revoking.isDrained && scheduler.nowMs() < revoking.untilMs) return false
    if (!revoking.isDrained) {
      const { sinkId } = environment
      logger.warn(`sink ${sinkId}: writes are given up: their partitions are taken away`)
    }
    const commit = this.#offsets.commit(this.#of(revoking.event))
    await endsWithin(scheduler, drain.stepMs, commit)
    await this.#giveBack(revoking.event)
    this.#revoking = undefined
    return true
  }

  async #giveBack(event: RebalanceEvent): Promise<void> {
    const { consumer, drain } = this.#parts
    await Promise.all(
      this.#of(event).map(async (pipeline) => {
        await pipeline.close(drain.stepMs)
        this.#pipelines.delete(partitionKey(pipeline.topic, pipeline.partition))
      }),
    )
    await consumer.unassign(event.partitions)
  }

  #of({ partitions }: RebalanceEvent): readonly PartitionPipeline[] {
    return partitions.flatMap(
      ({ topic, partition }) => this.#pipelines.get(partitionKey(topic, partition)) ?? [],
    )
  }

  /** The first failure ends the loop. */
  #fail(error: unknown): void {
    // What the port and the pipelines reject with is a MillraceError, or a fault of ours to be seen as it is.
    this.#failure ??= error as MillraceError
    this.#wakeup.wake()
  }

  async #leave(): Promise<void> {
    const { drain, scheduler, consumer, logger } = this.#parts
    const pipelines = [...this.#pipelines.values()]
    this.#ended.abort()
    if (!this.#isFenced()) await this.#drainAll(pipelines)
    await Promise.all(pipelines.map((pipeline) => pipeline.close(drain.stepMs)))
    this.#pipelines.clear()
    await endsWithin(scheduler, drain.stepMs, this.#poller.settle())
    const closing = consumer.close().catch((error: unknown) => {
      logger.warn('the consumer of a sink failed to close', { error })
    })
    await endsWithin(scheduler, drain.stepMs, closing)
  }

  #isFenced(): boolean {
    const failure = this.#failure
    return MillraceError.is(failure) && failure.action !== 'fail'
  }

  async #drainAll(pipelines: readonly PartitionPipeline[]): Promise<void> {
    const { drain, scheduler, logger, environment } = this.#parts
    const ends = Promise.all(pipelines.map((pipeline) => pipeline.drain()))
    if (!(await endsWithin(scheduler, drain.closeMs, ends))) {
      logger.warn(`sink ${environment.sinkId}: writes are given up: there is no time left to close`)
    }
    // A partition of a failed pipeline counts as well, as far as it came.
    await endsWithin(scheduler, drain.stepMs, this.#offsets.commit(pipelines))
  }
}
