import { Backoff } from '../../base/backoff.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { KafkaPort } from '../../kafka/kafka-port.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { SinkEmission } from '../../sink/sink.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import { RepartitionPurger } from '../repartition-purger.ts'
import { AckedProducer } from './acked-producer.ts'
import { untilDone } from './attempts.ts'
import { endsWithin } from './bounded-wait.ts'
import type { PipelineEnvironment } from './partition-pipeline.ts'
import { RejectedRecords } from './rejected-records.ts'
import type { ResolvedSink } from './resolved-sink.ts'
import { SinkGate } from './sink-gate.ts'
import { SinkMember, type SinkDrainTimes } from './sink-member.ts'
import { createSinkCounters, type SinkMetrics } from './sink-metrics.ts'
import { type ChainEnvironment, createStatelessChain } from './stateless-chain.ts'

export interface SinkRunnerParts {
  readonly resolved: ResolvedSink
  readonly config: AppConfig
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly chainEnvironment: ChainEnvironment
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly stop: AbortSignal
  readonly onClaimed: () => void
}

/**
 * A partition that another writer claims while this one writes it: once, when this process stood still, or the
 * group gave it away meanwhile. Two applications under one sink id take it from each other for ever.
 */
const MAX_FENCES = 5
const FENCE_WINDOW_MS = 60_000

/** An external sink of an app, through all lives of its consumer. */
export class SinkRunner {
  readonly #parts: SinkRunnerParts
  readonly #gate: SinkGate
  readonly #counters = createSinkCounters()
  readonly #producer: AckedProducer
  readonly #drain: SinkDrainTimes
  #member: SinkMember | undefined

  constructor(parts: SinkRunnerParts) {
    const { resolved, config, kafka, scheduler, logger } = parts
    const { sinkId, plan } = resolved
    this.#parts = parts
    this.#gate = new SinkGate({
      sinkId,
      config: resolved.config.circuitBreaker,
      scheduler,
      logger,
    })
    const clientId = `${config.clientId}-${plan.name}-producer`
    this.#producer = new AckedProducer(() => kafka.producer({ clientId }), logger)
    this.#drain = drainTimes(config)
  }

  get metrics(): SinkMetrics {
    const { plan } = this.#parts.resolved
    return {
      ...this.#counters,
      tier: plan.sink.capabilities.tier,
      partitions: this.#member?.partitions ?? 0,
      lag: this.#member?.lag ?? 0,
      circuit: this.#gate.state,
    }
  }

  /** Runs until it is to stop. @throws MillraceError of the first thing that only a person can mend */
  async run(): Promise<void> {
    const { resolved, scheduler, logger } = this.#parts
    try {
      if (await this.#open()) await this.#runLives()
    } finally {
      this.#gate.close()
      const { stepMs } = this.#drain
      const closing = Promise.all([this.#closeSink(), this.#producer.close()])
      if (!(await endsWithin(scheduler, stepMs, closing))) {
        logger.warn(`sink ${resolved.sinkId}: it does not close; going on without it`)
      }
    }
  }

  /** False when the app is to stop. */
  async #open(): Promise<boolean> {
    const { resolved, config, scheduler, random, logger, stop } = this.#parts
    const { sinkId, plan } = resolved
    const context = { sinkId, owner: config.instanceId, logger, scheduler, random }
    const opened = await untilDone(
      `sink ${sinkId}: opening`,
      {
        gate: this.#gate,
        config: resolved.config.retry,
        scheduler,
        random,
        logger,
        signal: stop,
        at: { sink: sinkId },
      },
      () => plan.sink.open(context),
    )
    return opened !== undefined
  }

  async #runLives(): Promise<void> {
    const { scheduler, random, logger, resolved, stop } = this.#parts
    const { sinkId } = resolved
    const fencedAtMs: number[] = []
    const backoff = new Backoff(50, 2000, random)
    while (!stop.aborted) {
      const fence = await this.#runLife()
      if (fence === undefined) return
      logger.warn(`sink ${sinkId}: ${fence.message}; joining again`, {
        code: fence.code,
        ...fence.at,
        cause: fence.cause,
      })
      this.#assertNotShared(fence, fencedAtMs)
      await wait(scheduler, backoff.nextMs(), stop)
    }
  }

  /** @returns what ended it when another life may go on */
  async #runLife(): Promise<MillraceError | undefined> {
    const { stop } = this.#parts
    const admin = this.#parts.admin
    const purger = this.#createPurger(admin)
    const member = this.#createMember(purger)
    this.#member = member
    try {
      await member.run()
      return undefined
    } catch (error) {
      if (!MillraceError.is(error) || error.action === 'fail') throw error
      return stop.aborted ? undefined : error
    } finally {
      this.#member = undefined
      await purger.close()
    }
  }

  #createPurger(admin: KafkaAdmin): RepartitionPurger {
    const { resolved, config, scheduler, logger } = this.#parts
    return new RepartitionPurger({
      admin,
      topics: resolved.purgeable,
      intervalMs: config.repartitionPurgeIntervalMs,
      clock: scheduler,
      logger,
    })
  }

  #createMember(purger: RepartitionPurger): SinkMember {
    const { resolved, config, kafka, scheduler, random, logger } = this.#parts
    const { plan, sinkId } = resolved
    return new SinkMember({
      ...this.#parts,
      environment: this.#environment(),
      topics: resolved.topics,
      resetOf: resolved.resetOf,
      purger,
      drain: this.#drain,
      retries: { timeoutMs: config.taskTimeoutMs, scheduler, random, logger },
      createChain: (partition: TopicPartition) =>
        createStatelessChain(plan, this.#parts.chainEnvironment, partition),
      // Never a static member: an eager one cannot be given positions one after the other.
      consumer: kafka.groupConsumer({
        groupId: sinkId,
        clientId: `${config.clientId}-${plan.name}`,
        groupProtocol: config.groupProtocol,
        sessionTimeoutMs: config.sessionTimeoutMs,
        heartbeatIntervalMs: config.heartbeatIntervalMs,
        maxPollIntervalMs: config.maxPollIntervalMs,
      }),
    })
  }

  #environment(): PipelineEnvironment {
    const { resolved, scheduler, random, logger } = this.#parts
    const { plan, sinkId, config } = resolved
    const counters = this.#counters
    return {
      sinkId,
      sink: plan.sink,
      config,
      gate: this.#gate,
      rejected: new RejectedRecords({ sinkId, config, producer: this.#producer, counters, logger }),
      emit: plan.sink.capabilities.emitsTo === undefined ? undefined : (one) => this.#emit(one),
      counters,
      scheduler,
      random,
      logger,
    }
  }

  #emit({ topic, key, value, headers = [], timestampMs }: SinkEmission): Promise<void> {
    const { scheduler } = this.#parts
    return this.#producer.send({
      topic,
      partition: undefined,
      key,
      value,
      headers,
      timestampMs: timestampMs ?? scheduler.nowMs(),
    })
  }

  #assertNotShared(cause: MillraceError, fencedAtMs: number[]): void {
    if (cause.code !== 'MR_SINK_FENCED') return
    this.#counters.fenced++
    const nowMs = this.#parts.scheduler.nowMs()
    fencedAtMs.push(nowMs)
    while ((fencedAtMs[0] ?? nowMs) <= nowMs - FENCE_WINDOW_MS) fencedAtMs.shift()
    if (fencedAtMs.length <= MAX_FENCES) return
    const { sinkId } = this.#parts.resolved
    throw new MillraceError(
      'MR_SINK_FAILED',
      `Sink ${sinkId} was fenced ${fencedAtMs.length} times within ${FENCE_WINDOW_MS / 1000} s: another application seems to write to the target under this sink id`,
      {
        cause,
        hint: 'Give each application an id of its own on the target, or the sink another name.',
        at: { sink: sinkId },
      },
    )
  }

  /** A sink does not reject; one that does is not to hide what ended it. */
  async #closeSink(): Promise<void> {
    const { resolved, logger } = this.#parts
    try {
      await resolved.plan.sink.close()
    } catch (error) {
      logger.warn(`sink ${resolved.sinkId}: it failed to close`, { error })
    }
  }
}

/** Together well within `closeTimeout`, after which `close()` gives up. */
function drainTimes({ closeTimeoutMs, maxPollIntervalMs }: AppConfig): SinkDrainTimes {
  const closeMs = closeTimeoutMs / 2
  return {
    closeMs,
    revokeMs: Math.min(closeMs, maxPollIntervalMs / 3),
    stepMs: closeTimeoutMs / 12,
  }
}
