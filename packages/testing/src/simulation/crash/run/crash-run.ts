import type { ProducerRecord } from '@millrace/core/internal'
import { SimulatedKafka } from '../../kafka/simulated-kafka.ts'
import { VirtualScheduler } from '../../time/virtual-scheduler.ts'
import type { Difference, InputRecord } from '../parts/crash-part.ts'
import { FAULT_PHASE_MS } from './fault.ts'
import { FaultInjector } from './fault-injector.ts'
import { InjectedKafkaFaults } from './injected-kafka-faults.ts'
import { findViolations, outcomeOf } from './oracle.ts'
import { isDrained, whatIsMissing } from './progress.ts'
import { planScenario, type Scenario, type ScenarioOptions } from './scenario.ts'
import { Supervisor } from './supervisor.ts'
import { Trace } from './trace.ts'
import { APPLICATION_ID, World } from './world.ts'

export interface CrashResult {
  readonly seed: number
  /** What the seed decided, in words. */
  readonly description: string
  /** Empty when all is well. */
  readonly violations: readonly Difference[]
  readonly trace: Trace
  /** Equal for two runs of one seed. */
  readonly hash: string
  readonly events: number
}

/** With all faults mended, whatever is left to do takes less than this. */
const LONGEST_QUIET_MS = 90_000
/** Long enough for every punctuator to have its turn, and for a zombie to hear that it is one. */
const SETTLE_MS = 7500
const CHECK_MS = 50

/**
 * One run: an app of several processes on a simulated Kafka, faults for a while, then none; in the end
 * everything must be as if there had been none.
 */
export async function crashRun(options: ScenarioOptions): Promise<CrashResult> {
  const scenario = planScenario(options)
  const strays = new StrayErrors()
  try {
    return await new CrashRun(scenario, strays).run()
  } finally {
    strays.stop()
  }
}

class CrashRun {
  readonly #scenario: Scenario
  readonly #strays: StrayErrors
  readonly #scheduler: VirtualScheduler
  readonly #kafkaFaults: InjectedKafkaFaults
  readonly #kafka: SimulatedKafka
  readonly #trace: Trace
  readonly #world: World
  readonly #violations: Difference[] = []

  constructor(scenario: Scenario, strays: StrayErrors) {
    const { seed } = scenario
    this.#scenario = scenario
    this.#strays = strays
    this.#scheduler = new VirtualScheduler({ seed })
    this.#kafkaFaults = new InjectedKafkaFaults(scenario.kafka, () => this.#scheduler.nowMs())
    this.#kafka = new SimulatedKafka({
      scheduler: this.#scheduler,
      faults: this.#kafkaFaults,
      rebalanceProtocol: scenario.rebalanceProtocol,
    })
    this.#trace = new Trace(() => this.#scheduler.nowMs())
    this.#world = new World({
      scenario,
      scheduler: this.#scheduler,
      kafka: this.#kafka,
      trace: this.#trace,
    })
  }

  async run(): Promise<CrashResult> {
    this.#createTopics()
    this.#giveInputs()
    const supervisor = new Supervisor(this.#scheduler, this.#world)
    const injector = new FaultInjector({
      seed: this.#scenario.seed,
      plan: this.#scenario.faults,
      scheduler: this.#scheduler,
      world: this.#world,
      kafka: this.#kafka,
      kafkaFaults: this.#kafkaFaults,
      trace: this.#trace,
      groups: [APPLICATION_ID, ...this.#scenario.parts.flatMap(({ groups = [] }) => groups)],
    })
    for (let i = 0; i < this.#scenario.members; i++) this.#world.start(this.#world.addPlace())
    await this.#scheduler.run(() => false, { maxVirtualMs: FAULT_PHASE_MS })
    this.#trace.add('fault', 'world', 'no more faults')
    injector.end()
    supervisor.keepAllUp()
    await this.#finish(supervisor)
    this.#violations.push(...supervisor.violations, ...this.#strays.violations)
    return {
      seed: this.#scenario.seed,
      description: describe(this.#scenario),
      violations: this.#violations,
      trace: this.#trace,
      hash: this.#scheduler.traceHash,
      events: this.#scheduler.executed,
    }
  }

  /** Waits until everything is processed, closes the app, and looks at what it has left. */
  async #finish(supervisor: Supervisor): Promise<void> {
    const state = { scenario: this.#scenario, kafka: this.#kafka, world: this.#world }
    if (!(await this.#reach(() => isDrained(state)))) {
      this.#violations.push(...whatIsMissing(state))
      return
    }
    await this.#scheduler.run(() => false, { maxVirtualMs: SETTLE_MS })
    if (!(await this.#reach(() => isDrained(state)))) {
      this.#violations.push(...whatIsMissing(state))
      return
    }
    // What does not come is told by the checks of the parts.
    const outcome = outcomeOf(state, this.#world.topology)
    await this.#reach(() =>
      this.#scenario.parts.every((part) => part.isComplete?.(outcome) ?? true),
    )
    supervisor.stop()
    const owners = this.#world.ownedState()
    for (const host of this.#world.up) host.close()
    if (!(await this.#reach(() => this.#world.up.length === 0))) {
      this.#violations.push(...this.#world.up.map((host) => stuck(host.name, 'closed', host.state)))
      return
    }
    this.#violations.push(...(await findViolations({ ...state, owners })))
  }

  /** False when it does not come true in time. */
  async #reach(isThere: () => boolean): Promise<boolean> {
    let nextMs = 0
    const end = await this.#scheduler.run(
      () => {
        const now = this.#scheduler.nowMs()
        if (now < nextMs) return false
        nextMs = now + CHECK_MS
        return isThere()
      },
      { maxVirtualMs: LONGEST_QUIET_MS },
    )
    return end === 'done'
  }

  #createTopics(): void {
    for (const part of this.#scenario.parts) {
      for (const [topic, partitions] of Object.entries(part.topics)) {
        this.#kafka.topics.create({ topic, partitions, replicationFactor: -1, config: {} })
      }
    }
  }

  #giveInputs(): void {
    for (const { record, atMs } of this.#scenario.inputs) {
      const give = (): void => {
        this.#kafka.append(producerRecord(record))
      }
      if (atMs === 0) give()
      else this.#scheduler.setTimer(atMs, give)
    }
  }
}

function producerRecord({ topic, key, value, timestampMs }: InputRecord): ProducerRecord {
  return {
    topic,
    partition: undefined,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestampMs,
    headers: [],
  }
}

function stuck(where: string, expected: string, actual: string): Difference {
  return { where: `stuck: ${where}`, expected, actual }
}

function describe({
  optimization,
  parts,
  members,
  state,
  rebalanceProtocol,
  options,
  faults,
}: Scenario): string {
  const settings = Object.entries(options).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  )
  return [
    parts.map(({ description }) => description).join(' + '),
    `${members} member(s), state: ${state}, ${rebalanceProtocol}, optimization: ${optimization}`,
    settings.join(' '),
    `${faults.length} fault(s): ${JSON.stringify(faults)}`,
    APPLICATION_ID,
  ].join('\n       ')
}

/** Rejections that nobody waits for: each is an error that the runtime has lost. */
class StrayErrors {
  readonly violations: Difference[] = []
  readonly #listen = (error: unknown): void => {
    this.violations.push({
      where: 'unhandled rejection',
      expected: 'none',
      actual: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }

  constructor() {
    process.on('unhandledRejection', this.#listen)
  }

  stop(): void {
    process.off('unhandledRejection', this.#listen)
  }
}
