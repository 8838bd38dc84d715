import type { KafkaAdmin, KafkaPort } from '@millrace/core/internal'
import { Background } from './background.ts'
import { Feeder, sendRecord } from './feeder.ts'
import { feedLimit, planKills, type PlannedKill } from './kill-plan.ts'
import { LagProbe } from './lag.ts'
import type { Random } from './random.ts'
import { Rate } from './rate.ts'
import { count, percent } from './terminal/figures.ts'
import { Screen, type ScreenTarget } from './terminal/screen.ts'
import type { PreparedTrial, Trial } from './trial.ts'
import type { TrialOptions } from './trial-options.ts'
import { trialLine, type TrialProgress, trialTable } from './trial-screen.ts'
import { TriedApp } from './tried-app.ts'
import { pause, waitFor } from './wait.ts'

export interface TrialCourseParts {
  readonly trial: Trial
  readonly prepared: PreparedTrial
  readonly options: TrialOptions
  readonly applicationId: string
  readonly random: Random
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly target: ScreenTarget
}

/**
 * How soon the groups take a killed app for dead: the least that brokers accept by default. Until
 * then nobody gets the partitions of one that has no name of its own.
 */
const SESSION_TIMEOUT_MS = 6000

/** Kills are spread over twice this: enough that each phase of a commit and of a write is hit at times. */
const KILL_SPREAD_MS = 200
const COUNT_MS = 250
const HINT = 'Run it with --verbose to see what the app logs.'

/** One run of a trial: feeds the records, kills the app, and ends when all is processed. */
export class TrialCourse {
  readonly #parts: TrialCourseParts
  readonly #background: Background
  readonly #plan: readonly PlannedKill[]
  readonly #rate = new Rate()
  readonly #startMs = Date.now()
  readonly #screen: Screen
  readonly #probe: LagProbe
  readonly #feeder: Feeder
  #app: TriedApp | undefined
  #kills = 0
  #effects = 0
  /** What had been done when the app was last started. */
  #before = { effects: 0, committed: 0 }

  constructor(parts: TrialCourseParts, interrupted: AbortSignal) {
    const { prepared, options, applicationId, random, kafka, admin, target } = parts
    this.#parts = parts
    this.#background = new Background(interrupted)
    this.#plan = planKills(options.kills, KILL_SPREAD_MS, random)
    this.#screen = new Screen(target, {
      table: (paint) => trialTable(this.#progress(), paint),
      line: () => trialLine(this.#progress()),
    })
    this.#probe = new LagProbe({
      kafka,
      admin,
      clientId: applicationId,
      groups: prepared.groups,
      plainTopics: prepared.topics,
    })
    this.#feeder = new Feeder({
      producer: kafka.producer({ clientId: `${applicationId}-feeder` }),
      records: prepared.records,
      perSecond: () => options.recordsPerSecond,
      limit: () => this.#feedLimit,
    })
  }

  /** @throws TrialFailure when the app ends by itself, or when nothing goes on any more */
  async run(): Promise<{ readonly kills: number; readonly elapsedMs: number }> {
    const { signal } = this.#background
    try {
      await this.#sendBefore()
      this.#screen.start()
      this.#app = new TriedApp(this.#programSettings(), (failure) => {
        this.#background.fail(failure)
      })
      this.#background.start((stop) => this.#probe.run(stop))
      this.#background.start((stop) => this.#countEffects(stop))
      this.#background.start((stop) => this.#feeder.run(stop))
      for (const kill of this.#plan) await this.#kill(this.#app, kill, signal)
      await this.#awaitEnd(signal)
      await this.#app.stop()
      this.#effects = await this.#parts.prepared.countEffects()
      return { kills: this.#kills, elapsedMs: Date.now() - this.#startMs }
    } finally {
      this.#screen.stop()
      await this.#app?.kill()
      await this.#background.end()
      await this.#feeder.close()
    }
  }

  async #sendBefore(): Promise<void> {
    const { kafka, applicationId, prepared } = this.#parts
    const producer = kafka.producer({ clientId: `${applicationId}-before` })
    try {
      for (const record of prepared.before) sendRecord(producer, record)
      await producer.flush()
    } finally {
      await producer.close()
    }
  }

  #programSettings(): ConstructorParameters<typeof TriedApp>[0] {
    const { trial, prepared, options, applicationId } = this.#parts
    return {
      file: trial.program,
      env: {
        KAFKA_BROKERS: options.brokers,
        APPLICATION_ID: applicationId,
        INSTANCE_ID: `${trial.name}-0`,
        SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
        ...prepared.environment,
      },
      onLog: (line) => {
        if (options.verbose) this.#screen.say(line)
      },
    }
  }

  /** The end is held back until the last kill, so that each finds records that flow. */
  get #feedLimit(): number {
    const { records } = this.#parts.prepared
    return feedLimit(this.#plan, this.#kills, this.#probe.isDrained) * records.length
  }

  async #countEffects(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#effects = await this.#parts.prepared.countEffects()
      await pause(COUNT_MS, signal)
    }
  }

  get #isWorking(): boolean {
    return (
      this.#effects > this.#before.effects && this.#probe.lag.committed > this.#before.committed
    )
  }

  get #state(): TrialProgress['state'] {
    if (this.#app?.isStopped) return 'stopped'
    if (this.#app?.isDead) return 'dead'
    return this.#isWorking ? 'working' : 'starting'
  }

  async #kill(app: TriedApp, planned: PlannedKill, signal: AbortSignal): Promise<void> {
    const { trial, prepared } = this.#parts
    const { expectedEffects } = prepared
    const due = planned.atFraction * expectedEffects
    const done = (): string =>
      `${count(this.#effects)} of ${count(expectedEffects)} ${trial.effects} are there`
    await waitFor(
      {
        what: () => `the app to go on: ${done()}`,
        isDone: () => this.#effects >= due && this.#isWorking,
        progress: () => this.#effects + this.#probe.lag.committed,
        hint: HINT,
      },
      signal,
    )
    await pause(planned.delayMs, signal)
    await app.kill()
    this.#kills++
    // What the dead one had under way may have had its effect just now.
    this.#effects = await prepared.countEffects()
    app.restart()
    // Committed offsets can be asked for only when the new one has aborted the dead one's transaction.
    const lag = await this.#probe.lagNow(signal)
    this.#before = { effects: this.#effects, committed: lag.committed }
    this.#screen.say(
      `kill ${this.#kills} of ${this.#plan.length} at ` +
        `${percent(this.#effects, expectedEffects).trim()}: ${done()}`,
    )
  }

  async #awaitEnd(signal: AbortSignal): Promise<void> {
    const { records } = this.#parts.prepared
    const progress = (): number => this.#feeder.fed + this.#effects + this.#probe.lag.committed
    const fed = {
      what: () => `the records to be fed: ${this.#feeder.fed} of ${records.length} are`,
      isDone: () => this.#feeder.isDone,
      progress,
      hint: HINT,
    }
    await waitFor(fed, signal)
    this.#probe.forget()
    const drained = {
      what: () => `the app to finish: it lags ${count(this.#probe.lag.offsets)} offsets`,
      isDone: () => this.#probe.isDrained,
      progress,
      hint: HINT,
    }
    await waitFor(drained, signal)
  }

  #progress(): TrialProgress {
    const { trial, prepared } = this.#parts
    return {
      name: trial.name,
      effects: trial.effects,
      records: prepared.records.length,
      fed: this.#feeder.fed,
      expectedEffects: prepared.expectedEffects,
      doneEffects: this.#effects,
      effectsPerSecond: this.#rate.perSecond(this.#effects, Date.now()),
      lag: this.#probe.lag.offsets,
      state: this.#state,
      kills: this.#kills,
      plannedKills: this.#plan.length,
      elapsedMs: Date.now() - this.#startMs,
    }
  }
}
