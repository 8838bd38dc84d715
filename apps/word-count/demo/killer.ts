import type { ProcessingGuarantee } from '@millrace/core'
import {
  count,
  type LagProbe,
  pause,
  type PlannedKill,
  type Random,
  waitFor,
} from '@millrace/trial'
import type { Fleet } from './fleet.ts'
import type { OpenTransactions } from './open-transactions.ts'

export interface KillerOptions {
  readonly plan: readonly PlannedKill[]
  readonly words: number
  readonly countedWords: () => number
  readonly fleet: Fleet
  readonly probe: LagProbe
  readonly transactions: OpenTransactions
  readonly random: Random
  readonly guarantee: ProcessingGuarantee
  readonly commitIntervalMs: number
  readonly say: (line: string) => void
}

const MAX_OTHERS_COMMIT_MS = 1000
const LOOK_MS = 3

/** Then it kills whatever the processors are doing; the line that it says tells. */
const MAX_WAIT_FOR_WORK_MS = 20_000

interface Victim {
  readonly number: number
  readonly isAtWork: boolean
}

/** Kills processors as planned and starts them again. */
export class Killer {
  readonly #options: KillerOptions
  #kills = 0
  #isWaitingForWork = false

  constructor(options: KillerOptions) {
    this.#options = options
  }

  get kills(): number {
    return this.#kills
  }

  /** Undefined when all are done. */
  get next(): PlannedKill | undefined {
    return this.#options.plan[this.#kills]
  }

  /** True when it is time for a kill, but there may be nothing to hit. */
  get isWaitingForWork(): boolean {
    return this.#isWaitingForWork
  }

  async run(signal: AbortSignal): Promise<void> {
    const { words, countedWords, probe } = this.#options
    for (let next = this.next; next !== undefined; next = this.next) {
      const due = next.atFraction * words
      await waitFor(
        {
          what: () =>
            `the processors to go on: ${count(countedWords())} of ${count(words)} words are counted`,
          isDone: () => countedWords() >= due,
          progress: () => countedWords() + probe.lag.committed,
          hint: 'Run it with --verbose to see what they log.',
        },
        signal,
      )
      await pause(next.delayMs, signal)
      await this.#kill(signal)
    }
  }

  /** Finds a processor with work that is begun and not committed, at this very moment. */
  async #catchAtWork(signal: AbortSignal): Promise<Victim> {
    const { fleet, random } = this.#options
    const deadlineMs = Date.now() + MAX_WAIT_FOR_WORK_MS
    this.#isWaitingForWork = true
    for (;;) {
      const number = fleet.pick(random)
      const isAtWork = await this.#isAtWork(number, signal)
      if (isAtWork || Date.now() > deadlineMs) {
        this.#isWaitingForWork = false
        return { number, isAtWork }
      }
      await pause(LOOK_MS, signal)
    }
  }

  async #isAtWork(number: number, signal: AbortSignal): Promise<boolean> {
    const { guarantee, fleet, probe, transactions } = this.#options
    if (guarantee === 'at_least_once') return (await probe.lagNow(signal)).offsets > 0
    if (!(await transactions.isAnyOpen())) return false
    // The kill that follows can still hit any step of the commit.
    if (fleet.size === 1) return true
    return this.#isStuckWhenFrozen(number, signal)
  }

  /** Which of several has the open transaction shows when one stands still and the others go on. */
  async #isStuckWhenFrozen(number: number, signal: AbortSignal): Promise<boolean> {
    const { fleet, transactions } = this.#options
    fleet.freeze(number)
    const isStuck = await transactions.isAnyStuck(this.#othersCommitMs, signal)
    if (!isStuck) fleet.thaw(number)
    return isStuck
  }

  get #othersCommitMs(): number {
    const { fleet, commitIntervalMs } = this.#options
    return fleet.size === 1 ? 0 : Math.min(4 * commitIntervalMs, MAX_OTHERS_COMMIT_MS)
  }

  async #kill(signal: AbortSignal): Promise<void> {
    const { plan, fleet, words, countedWords, say } = this.#options
    const { number, isAtWork } = await this.#catchAtWork(signal)
    const percent = Math.min(100, Math.floor((100 * countedWords()) / words))
    await fleet.kill(number)
    const hit = isAtWork ? await this.#whatWasHit(signal) : 'idle'
    this.#kills++
    say(`kill ${this.#kills} of ${plan.length}: processor ${number} at ${percent}%, ${hit}`)
    fleet.restart(number)
  }

  /** What shows that the kill hit work: looked up before anybody can clean up. */
  async #whatWasHit(signal: AbortSignal): Promise<string> {
    const { guarantee, probe, transactions } = this.#options
    if (guarantee === 'at_least_once') {
      return `${count((await probe.lagNow(signal)).offsets)} records behind the last commit`
    }
    const records = await transactions.recordsCutOff(this.#othersCommitMs, signal)
    return records > 0
      ? `in a transaction: ${count(records)} records in the log stay uncommitted`
      : 'in a commit: the brokers completed it'
  }
}
