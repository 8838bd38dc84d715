import type { KafkaAdmin, KafkaPort } from '@millrace/core/internal'
import {
  Background,
  count,
  Feeder,
  feedLimit,
  LagProbe,
  planKills,
  Rate,
  Screen,
  type ScreenTarget,
  seededRandom,
  waitFor,
} from '@millrace/trial'
import { wordsOf } from '../words.ts'
import { Fleet, type FleetTotals } from './fleet.ts'
import { Killer } from './killer.ts'
import { Ledger } from './ledger.ts'
import { OpenTransactions } from './open-transactions.ts'
import { type DemoOptions, FEED_SECONDS } from './options.ts'
import { OutputReader } from './output-reader.ts'
import type { Progress } from './progress.ts'
import { lineOf, tableOf } from './table.ts'
import { linesOf, type Text } from './text.ts'
import type { DemoTopics } from './topics.ts'

export interface CourseParts {
  readonly options: DemoOptions
  readonly text: Text
  /** How many the text has. */
  readonly words: number
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly topics: DemoTopics
  readonly target: ScreenTarget
}

export interface CourseResult {
  readonly kills: number
  readonly totals: FleetTotals
  readonly elapsedMs: number
}

const TOP_WORDS = 10
const HINT = 'Run it with --verbose to see what the processors log.'

/** One run of the demo: feeds the text, kills processors, and ends when all of it is processed. */
export class Course {
  readonly #parts: CourseParts
  readonly #background: Background
  readonly #live = new Ledger()
  readonly #rate = new Rate()
  readonly #startMs = Date.now()
  readonly #screen: Screen
  readonly #fleet: Fleet
  readonly #probe: LagProbe
  readonly #killer: Killer
  readonly #feeder: Feeder

  /** Starts the processors. */
  constructor(parts: CourseParts, interrupted: AbortSignal) {
    const { options, text, words, kafka, admin, topics, target } = parts
    const { guarantee, commitIntervalMs } = options
    const pace = options.wordsPerSecond ?? Math.ceil(words / FEED_SECONDS)
    const random = seededRandom(options.seed)
    const say = (line: string): void => {
      this.#screen.say(line)
    }
    this.#parts = parts
    this.#background = new Background(interrupted)
    this.#screen = new Screen(target, {
      table: (paint) => tableOf(this.#progress(), paint),
      line: () => lineOf(this.#progress()),
    })
    const { applicationId, input, repartition } = topics
    this.#probe = new LagProbe({
      kafka,
      admin,
      clientId: applicationId,
      groups: [{ groupId: applicationId, topics: [input, repartition] }],
      plainTopics: [input],
    })
    const onLog = (instanceId: string, line: string): void => {
      if (options.verbose) say(`${instanceId}: ${line}`)
    }
    this.#fleet = new Fleet(
      options.processors,
      { brokers: options.brokers, topics, guarantee, commitIntervalMs, onLog },
      (failure) => {
        this.#background.fail(failure)
      },
    )
    const plan = planKills(options.kills, commitIntervalMs, random)
    this.#killer = new Killer({
      plan,
      words,
      countedWords: () => this.#live.total,
      fleet: this.#fleet,
      probe: this.#probe,
      transactions: new OpenTransactions(admin, topics),
      random,
      guarantee,
      commitIntervalMs,
      say,
    })
    this.#feeder = new Feeder({
      producer: kafka.producer({ clientId: `${topics.applicationId}-feeder` }),
      records: linesOf(text).map((line) => ({
        topic: topics.input,
        key: null,
        value: line,
        weight: wordsOf(line).length,
      })),
      perSecond: () => (this.#killer.isWaitingForWork ? this.#slowPace(pace) : pace),
      limit: () => feedLimit(plan, this.#killer.kills, this.#killer.isWaitingForWork) * words,
    })
  }

  /** @throws DemoFailure when a processor ends by itself, or when nothing goes on any more */
  async run(): Promise<CourseResult> {
    const { kafka, topics } = this.#parts
    const { signal } = this.#background
    const reader = new OutputReader(kafka, topics.output, this.#live)
    try {
      this.#screen.start()
      await this.#awaitProcessors(signal)
      this.#background.start((stop) => reader.run(stop))
      this.#background.start((stop) => this.#probe.run(stop))
      this.#background.start((stop) => this.#feeder.run(stop))
      await this.#killer.run(signal)
      await this.#awaitEnd(signal)
      const elapsedMs = Date.now() - this.#startMs
      this.#screen.stop()
      await this.#fleet.stop()
      return { kills: this.#killer.kills, totals: this.#fleet.totals, elapsedMs }
    } finally {
      this.#screen.stop()
      await this.#fleet.abandon()
      await this.#background.end()
      await this.#feeder.close()
    }
  }

  /** While a kill waits for work: what is held back for it lasts until there are all to be hit. */
  #slowPace(pace: number): number {
    return this.#fleet.areAllRunning ? Math.ceil(pace / 4) : 0
  }

  async #awaitProcessors(signal: AbortSignal): Promise<void> {
    const wait = {
      what: () => `the processors to join their group: ${this.#fleet.states.join(', ')}`,
      isDone: () => this.#fleet.areAllRunning,
      progress: () => 0,
      hint: HINT,
    }
    await waitFor(wait, signal)
  }

  async #awaitEnd(signal: AbortSignal): Promise<void> {
    const { words } = this.#parts
    const progress = (): number => this.#feeder.fed + this.#live.total + this.#probe.lag.committed
    await waitFor(
      {
        what: () => `the text to be fed: ${count(this.#feeder.fed)} of ${count(words)} words are`,
        isDone: () => this.#feeder.isDone,
        progress,
        hint: HINT,
      },
      signal,
    )
    this.#probe.forget()
    await waitFor(
      {
        what: () => `the processors to finish: they lag ${count(this.#probe.lag.offsets)} records`,
        isDone: () => this.#probe.isDrained,
        progress,
        hint: HINT,
      },
      signal,
    )
  }

  #progress(): Progress {
    const { text, options, words } = this.#parts
    const totals = this.#fleet.totals
    return {
      text: text.name,
      guarantee: options.guarantee,
      words,
      fedWords: this.#feeder.fed,
      countedWords: this.#live.total,
      top: this.#live.top(TOP_WORDS),
      processors: this.#fleet.states,
      recordsPerSecond: this.#rate.perSecond(totals.processed, Date.now()),
      lag: this.#probe.lag.offsets,
      commits: totals.commits,
      restored: totals.restored,
      kills: this.#killer.kills,
      plannedKills: options.kills,
      elapsedMs: Date.now() - this.#startMs,
    }
  }
}
