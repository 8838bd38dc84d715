import { silentLogger } from '@millrace/core'
import { createConfluentKafka, type KafkaAdmin, type KafkaPort } from '@millrace/core/internal'
import { seededRandom } from '@millrace/trial'
import type { ChaosBroker } from './chaos-broker.ts'
import { CommittedReader, partitionsOf } from './committed-reader.ts'
import { FaultMaker, SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from './faults.ts'
import { Feeder } from './feeder.ts'
import { Fleet } from './fleet.ts'
import type { ChaosOptions } from './options.ts'
import { judge } from './oracle.ts'
import { waitFor } from './wait-for.ts'
import { type ChaosTopics, PARTITIONS, topicsOf } from './records.ts'
import type { Difference } from './verdict.ts'

export interface CourseResult {
  readonly records: number
  readonly faults: number
  readonly differences: readonly Difference[]
  /** What members did that nobody had told them to, and what did not end. */
  readonly failures: readonly string[]
}

export interface CourseParts {
  readonly options: ChaosOptions
  /** For logs and state. */
  readonly folder: string
  readonly broker: ChaosBroker
  readonly say: (line: string) => void
}

const APPLICATION = 'chaos'
const OUTPUT_PARTITIONS = 2
/** A transaction that nobody ends, and a session that nobody renews, take some 20 s together. */
const STANDSTILL_MS = 120_000
const PROGRESS_EVERY_MS = 5000

/** Feeds, makes faults, lets it drain, and compares. */
export class Course {
  readonly #options: ChaosOptions
  readonly #say: (line: string) => void
  readonly #topics: ChaosTopics = topicsOf(APPLICATION)
  readonly #kafka: KafkaPort
  readonly #admin: KafkaAdmin
  readonly #fleet: Fleet
  readonly #feeder: Feeder
  readonly #faults: FaultMaker
  readonly #stop = new AbortController()
  /** Ends every wait: interrupted, or something in the background has failed. */
  readonly #signal: AbortSignal
  /** Updates that a reader of committed records has seen, by topic. */
  readonly #seen = new Map<string, number>()
  readonly #failures: string[] = []
  readonly #startedMs = performance.now()

  constructor({ options, broker, folder, say }: CourseParts, interrupted: AbortSignal) {
    this.#options = options
    this.#signal = AbortSignal.any([interrupted, this.#stop.signal])
    this.#say = (line) => {
      const seconds = Math.round((performance.now() - this.#startedMs) / 1000)
      say(`${String(seconds).padStart(4)} s  ${line}`)
    }
    const brokers = [broker.brokers]
    this.#kafka = createConfluentKafka({ brokers, logger: silentLogger, overrides: {} })
    this.#admin = this.#kafka.admin({ clientId: 'chaos-admin' })
    const settings = {
      applicationId: APPLICATION,
      brokers,
      processingGuarantee: options.guarantee,
      // Under at-least-once a kill is to hit what is written and not committed.
      ...(options.guarantee === 'at_least_once' ? { commitInterval: 1000 } : {}),
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: 1000,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      numStandbyReplicas: options.standbys,
      staticMembership: options.isStatic,
    }
    this.#fleet = new Fleet({ size: options.members, folder, say: this.#say, settings })
    const { rate, seed } = options
    this.#feeder = new Feeder({ kafka: this.#kafka, topics: this.#topics, rate, seed })
    this.#faults = new FaultMaker({
      fleet: this.#fleet,
      broker,
      random: seededRandom(seed + 1),
      say: this.#say,
      quiesce: () => this.#quiesce(),
    })
  }

  /** @throws Error when something other than the application fails */
  async run(): Promise<CourseResult> {
    const progress = setInterval(() => {
      this.#say(this.#progress())
    }, PROGRESS_EVERY_MS)
    const feeding = new AbortController()
    const background: Promise<void>[] = []
    try {
      await this.#createTopics()
      this.#fleet.start()
      const reader = await this.#watchOutputs()
      background.push(this.#guard(reader.run(this.#signal)))
      const untilFed = AbortSignal.any([this.#signal, feeding.signal])
      background.push(this.#guard(this.#feeder.run(untilFed)))
      const untilMs = performance.now() + this.#options.minutes * 60_000
      await this.#faults.run(untilMs, this.#signal)
      feeding.abort()
      await background[1]
      this.#say('the faults are over')
      await this.#drain()
      return await this.#compare()
    } finally {
      clearInterval(progress)
      this.#stop.abort()
      await this.#fleet.kill()
      await Promise.all(background)
      await this.#admin.close()
    }
  }

  /** The first failure in the background ends every wait, with its reason. */
  #guard(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#stop.abort(error)
    })
  }

  async #createTopics(): Promise<void> {
    const { newInput, oldInput, ...outputs } = this.#topics
    const partitions = new Map([
      [newInput, PARTITIONS.new],
      [oldInput, PARTITIONS.old],
      ...Object.values(outputs).map((topic) => [topic, OUTPUT_PARTITIONS] as const),
    ])
    await this.#admin.createTopics(
      [...partitions].map(([topic, count]) => ({
        topic,
        partitions: count,
        replicationFactor: 1,
        // Records with old timestamps would be deleted by age at once.
        config: { 'retention.ms': '-1' },
      })),
    )
  }

  /** For the progress, and to know when everything is there. */
  async #watchOutputs(): Promise<CommittedReader> {
    const { counts, windows, oldWindows } = this.#topics
    const partitions = await partitionsOf(this.#admin, [counts, windows, oldWindows])
    const clients = { kafka: this.#kafka, admin: this.#admin }
    return new CommittedReader(clients, partitions, ({ topic }) => {
      this.#seen.set(topic, (this.#seen.get(topic) ?? 0) + 1)
    })
  }

  /** How many more updates there have to be. */
  get #missing(): number {
    const { counts, windows, oldWindows } = this.#topics
    const { fresh, old } = this.#feeder.acknowledged
    const due = [
      [counts, fresh],
      [windows, fresh],
      [oldWindows, old],
    ] as const
    return due.reduce((sum, [topic, n]) => sum + Math.max(0, n - (this.#seen.get(topic) ?? 0)), 0)
  }

  /**
   * Kafka 4.3.1 loses markers of transactions when the only broker of a cluster goes. So the broker
   * restarts when everything is processed and no transaction is open, and none can begin.
   */
  async #quiesce(): Promise<() => void> {
    await this.#feeder.hold(this.#signal)
    const areFree = (): boolean =>
      this.#fleet.members.filter(({ isBusy }) => isBusy).length === 0 &&
      this.#fleet.members.every(({ state }) => state === 'running')
    await this.#untilProcessed('the members to be done before the broker restarts', areFree)
    return () => {
      this.#feeder.goOn()
    }
  }

  async #drain(): Promise<void> {
    try {
      await this.#untilProcessed('the members to process what is left', () => true)
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#failures.push(error instanceof Error ? error.message : String(error))
    }
    await this.#fleet.leave()
  }

  #untilProcessed(what: string, isReady: () => boolean): Promise<void> {
    const wait = {
      what: () => `${what}: ${this.#missing} updates are missing, members ${this.#fleet.states}`,
      isDone: async () => isReady() && this.#missing === 0 && (await this.#isStable()),
      progress: () => this.#missing + this.#fleet.processed,
      standstillMs: STANDSTILL_MS,
    }
    return waitFor(wait, this.#signal)
  }

  /** No transaction is open in any topic of the application. */
  async #isStable(): Promise<boolean> {
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.startsWith(APPLICATION))
    const partitions = await partitionsOf(this.#admin, topics)
    const stable = await this.#admin.listOffsets(partitions, 'stable-end')
    const ends = await this.#admin.listOffsets(partitions, 'end')
    return ends.every(({ offset }, index) => stable[index]?.offset === offset)
  }

  async #compare(): Promise<CourseResult> {
    this.#say('comparing')
    const { fed } = this.#feeder
    const differences = await judge(
      {
        kafka: this.#kafka,
        admin: this.#admin,
        applicationId: APPLICATION,
        topics: this.#topics,
        fed,
      },
      this.#signal,
    )
    return {
      records: fed.length,
      faults: this.#faults.count,
      differences,
      failures: [...this.#fleet.failures, ...this.#failures],
    }
  }

  #progress(): string {
    const fed = this.#feeder.fed.length
    return `fed ${fed}  missing ${this.#missing}  faults ${this.#faults.count}  members ${this.#fleet.states}`
  }
}
