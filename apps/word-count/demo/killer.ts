import type { ProcessingGuarantee } from '@millrace/core'
import type { Fleet } from './fleet.ts'
import type { PlannedKill } from './kill-plan.ts'
import type { LagProbe } from './lag.ts'
import type { Random } from './random.ts'
import { count } from './table.ts'
import { pause, waitFor } from './wait.ts'

export interface KillerOptions {
  readonly plan: readonly PlannedKill[]
  readonly words: number
  readonly countedWords: () => number
  readonly fleet: Fleet
  readonly probe: LagProbe
  readonly random: Random
  readonly guarantee: ProcessingGuarantee
  readonly commitIntervalMs: number
  readonly say: (line: string) => void
}

const MAX_LOOK_MS = 1000
const LOOK_MS = 3

/** Then it kills whatever the processors are doing; the line that it says tells. */
const MAX_WAIT_FOR_WORK_MS = 10_000

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
      await this.#awaitWork(signal)
      await this.#kill(signal)
    }
  }

  /** Work that is begun and not committed, at this very moment. */
  async #awaitWork(signal: AbortSignal): Promise<void> {
    const { guarantee, probe } = this.#options
    const deadlineMs = Date.now() + MAX_WAIT_FOR_WORK_MS
    this.#isWaitingForWork = true
    const isAtWork = async (): Promise<boolean> =>
      guarantee === 'exactly_once_v2' ? probe.hasOpenTransaction() : (await probe.lagNow()) > 0
    while (!(await isAtWork()) && Date.now() < deadlineMs) await pause(LOOK_MS, signal)
    this.#isWaitingForWork = false
  }

  async #kill(signal: AbortSignal): Promise<void> {
    const { plan, fleet, random, words, countedWords, say } = this.#options
    const percent = Math.floor((100 * countedWords()) / words)
    const number = await fleet.killOne(random)
    const cut = await this.#cutOff(signal)
    this.#kills++
    say(`kill ${this.#kills} of ${plan.length}: processor ${number} at ${percent}%, ${cut}`)
    fleet.restart(number)
  }

  /** What shows that the kill hit work: looked up before anybody can clean up. */
  async #cutOff(signal: AbortSignal): Promise<string> {
    const { guarantee, probe, commitIntervalMs } = this.#options
    if (guarantee === 'at_least_once') {
      return `${count(await probe.lagNow())} records behind its last commit`
    }
    const whileOthersCommitMs = Math.min(3 * commitIntervalMs, MAX_LOOK_MS)
    const uncommitted = await probe.uncommittedRecords(whileOthersCommitMs, signal)
    return `${count(uncommitted)} records of its open transaction cut off`
  }
}
