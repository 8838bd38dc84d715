import type { AppConfig } from '../../config/app-config.ts'
import type { HandlerOptions } from '../../config/app-options.ts'
import type { KafkaPort } from '../../kafka/kafka-port.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Scheduler } from '../../time/clock.ts'
import type { Topology } from '../../topology/topology-node.ts'
import { handlersOf } from '../exception-handlers.ts'
import { internalNames } from '../resolved-topology.ts'
import { runTogether } from '../run-together.ts'
import type { AppMetrics } from '../task-metrics.ts'
import type { ResolvedSink } from './resolved-sink.ts'
import type { SinkMetrics } from './sink-metrics.ts'
import { SinkRunner } from './sink-runner.ts'
import type { ChainEnvironment } from './stateless-chain.ts'

export interface ExternalSinksParts {
  readonly sinks: readonly ResolvedSink[]
  readonly topology: Topology
  readonly handlers: HandlerOptions
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: AppMetrics
  readonly stop: AbortSignal
  /** All sinks have claimed the partitions of their first assignments. */
  readonly onClaimed: () => void
}

/** The external sinks of an app: independent of each other, and of the lives of the app's member. */
export class ExternalSinks {
  readonly #parts: ExternalSinksParts
  readonly #claimed = new Set<ResolvedSink>()
  readonly #runners = new Map<string, SinkRunner>()
  #begin: () => void = () => undefined
  readonly #topicsReady: Promise<void>

  constructor(parts: ExternalSinksParts) {
    this.#parts = parts
    this.#topicsReady = new Promise((resolve) => {
      this.#begin = resolve
    })
    parts.stop.addEventListener('abort', this.#begin, { once: true })
  }

  /** True when all of them have claimed what they were given first. */
  get haveClaimed(): boolean {
    return this.#claimed.size === this.#parts.sinks.length
  }

  /** By the name given to `toSink`. */
  get metrics(): Readonly<Record<string, SinkMetrics>> {
    return Object.fromEntries([...this.#runners].map(([name, runner]) => [name, runner.metrics]))
  }

  /** What they read exists now. Idempotent. */
  begin(): void {
    this.#begin()
  }

  /**
   * Runs them from {@link begin} until the app is to stop. `halt` should make it stop: the first failure calls it.
   * @throws MillraceError of the first one that fails, when all have ended
   */
  async run(config: AppConfig, kafka: KafkaPort, halt: () => void): Promise<void> {
    const { sinks, stop } = this.#parts
    if (sinks.length === 0) return
    await this.#topicsReady
    if (stop.aborted) return
    const admin = kafka.admin({ clientId: `${config.clientId}-sinks-admin` })
    const runners = sinks.map((resolved) => {
      const runner = this.#createRunner(resolved, { config, kafka, admin })
      this.#runners.set(resolved.plan.name, runner)
      return runner
    })
    try {
      await runTogether(
        runners.map((runner) => () => runner.run()),
        halt,
      )
    } finally {
      await admin.close()
    }
  }

  #createRunner(
    resolved: ResolvedSink,
    parts: Pick<ConstructorParameters<typeof SinkRunner>[0], 'config' | 'kafka' | 'admin'>,
  ): SinkRunner {
    return new SinkRunner({
      ...this.#parts,
      ...parts,
      resolved,
      chainEnvironment: this.#chainEnvironment(parts.config),
      onClaimed: () => {
        this.#claimed.add(resolved)
        if (this.haveClaimed) this.#parts.onClaimed()
      },
    })
  }

  #chainEnvironment({ applicationId }: AppConfig): ChainEnvironment {
    const { topology, handlers, scheduler, logger, metrics } = this.#parts
    return {
      applicationId,
      ...handlersOf(handlers),
      clock: scheduler,
      logger,
      metrics,
      topicName: internalNames(topology, applicationId).topicName,
    }
  }
}
