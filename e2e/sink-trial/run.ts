import { silentLogger } from '@millrace/core'
import { createConfluentKafka, type KafkaPort } from '@millrace/core/internal'
import { startJvmBroker } from '@millrace/tools/broker'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, seededRandom } from '@millrace/trial'
import { waitFor } from '../chaos/wait-for.ts'
import { Disturbance, SESSION_TIMEOUT_MS } from './disturbance.ts'
import { Feeder } from './feeder.ts'
import type { TrialOptions } from './options.ts'
import { PARTITIONS } from './records.ts'
import { startTarget } from './targets/start-target.ts'
import type { Findings, TrialTarget } from './targets/trial-target.ts'
import { TrialMember } from './trial-member.ts'

export interface TrialResult extends Findings {
  readonly records: number
  readonly kills: number
  readonly zombies: number
  readonly outages: number
  /** From the first member's start until everything had arrived. */
  readonly seconds: number
  /** What members did that nobody had told them to. */
  readonly failures: readonly string[]
  readonly summary: string
  /** Logs; undefined when they are gone. */
  readonly folder: string | undefined
}

const APPLICATION = 'trial'
const INPUT = 'events'
/** A member's session, a claim, and the wait of an open circuit take some 20 s together. */
const STANDSTILL_MS = 90_000
const LOOK_MS = 100
const PROGRESS_EVERY_MS = 5000

/** One run, from the start of its servers to their end. */
export async function runTrial(
  options: TrialOptions,
  say: (line: string) => void,
  interrupted: AbortSignal,
): Promise<TrialResult> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-sinks-${options.seed}-`))
  const startedMs = performance.now()
  const tell = (line: string): void => {
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    say(`${String(seconds).padStart(4)} s  ${line}`)
  }
  tell(`seed ${options.seed}; logs in ${folder}`)
  const broker = await startJvmBroker()
  const stops: (() => Promise<void>)[] = [() => broker.stop()]
  let isKept = true
  try {
    const target = await startTarget(options.target, options.seed)
    stops.push(() => target.stop())
    const kafka = await createInput(broker.brokers)
    const course = new TrialCourse({ options, target, kafka, folder, say: tell })
    stops.push(() => course.kill())
    const result = await course.run(broker.brokers, interrupted)
    isKept = statusOf(result) !== 0
    return { ...result, folder: isKept ? folder : undefined }
  } finally {
    for (const stop of stops.reverse()) await stop()
    if (!isKept) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The exit status. */
export function statusOf({
  lost,
  duplicated,
  problems,
  failures,
}: Omit<TrialResult, 'folder'>): number {
  return lost + duplicated + problems.length + failures.length > 0 ? 1 : 0
}

async function createInput(brokers: string): Promise<KafkaPort> {
  const kafka = createConfluentKafka({ brokers: [brokers], logger: silentLogger, overrides: {} })
  const admin = kafka.admin({ clientId: 'trial-admin' })
  try {
    const config = { 'retention.ms': '-1' }
    await admin.createTopics([
      { topic: INPUT, partitions: PARTITIONS, replicationFactor: 1, config },
    ])
    return kafka
  } finally {
    await admin.close()
  }
}

interface CourseParts {
  readonly options: TrialOptions
  readonly target: TrialTarget
  readonly kafka: KafkaPort
  readonly folder: string
  readonly say: (line: string) => void
}

class TrialCourse {
  readonly #parts: CourseParts
  readonly #failures: string[] = []
  readonly #feeder: Feeder
  #members: readonly TrialMember[] = []
  #disturbance: Disturbance | undefined
  #arrived = 0

  constructor(parts: CourseParts) {
    this.#parts = parts
    const { kafka, options } = parts
    this.#feeder = new Feeder({
      kafka,
      topic: INPUT,
      count: options.records,
      allowed: () => options.records * (this.#disturbance?.allowed ?? 0),
    })
  }

  async run(brokers: string, interrupted: AbortSignal): Promise<Omit<TrialResult, 'folder'>> {
    const { options, target, say } = this.#parts
    this.#members = this.#createMembers(brokers)
    const disturbance = new Disturbance({
      options,
      members: this.#members,
      target,
      random: seededRandom(options.seed),
      progress: () => this.#arrived / options.records,
      say,
    })
    this.#disturbance = disturbance
    const startedMs = performance.now()
    for (const member of this.#members) member.start()
    const over = new AbortController()
    const signal = AbortSignal.any([interrupted, over.signal])
    const background = [this.#feed(signal), disturbance.run(signal)]
    try {
      await this.#untilArrived(interrupted)
    } finally {
      // Interrupted as well: they use what is stopped next.
      over.abort()
      await Promise.all(background)
    }
    const seconds = (performance.now() - startedMs) / 1000
    await this.#leave()
    const fed = this.#feeder.committed
    return {
      ...(await target.compare(fed)),
      kills: disturbance.kills,
      zombies: disturbance.zombies,
      outages: disturbance.outages,
      records: fed.length,
      seconds,
      failures: this.#failures,
      summary: target.summary(),
    }
  }

  async #feed(signal: AbortSignal): Promise<void> {
    try {
      await this.#feeder.run(signal)
    } catch (error) {
      if (!signal.aborted) this.#failures.push(`feeding failed: ${String(error)}`)
    }
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()))
  }

  #createMembers(brokers: string): readonly TrialMember[] {
    const { options, target, folder, say } = this.#parts
    return Array.from({ length: options.members }, (_, index) => {
      const name = `member-${index}`
      return new TrialMember({
        name,
        logs: folder,
        spec: {
          app: {
            applicationId: APPLICATION,
            brokers,
            instanceId: name,
            sessionTimeout: SESSION_TIMEOUT_MS,
            heartbeatInterval: 1000,
          },
          input: INPUT,
          target: target.address,
        },
        onFailure: (why) => {
          this.#failures.push(why)
          say(`! ${why}`)
        },
      })
    })
  }

  /** Until as much is there as was fed, or nothing has come for a while: what is missing then is lost. */
  async #untilArrived(signal: AbortSignal): Promise<void> {
    const { target, options, say } = this.#parts
    const progress = (): string => `${this.#arrived} of ${options.records} records have arrived`
    const report = setInterval(() => {
      say(`${progress()}; members: ${this.#members.map(({ state }) => state).join(' ')}`)
    }, PROGRESS_EVERY_MS)
    try {
      await waitFor(
        {
          what: progress,
          isDone: async () => {
            await pause(LOOK_MS, signal)
            this.#arrived = await target.count()
            if (this.#failures.length > 0) return true
            if (this.#arrived < options.records) return false
            return (await target.isComplete?.(this.#feeder.committed)) ?? true
          },
          progress: () => this.#arrived,
          standstillMs: STANDSTILL_MS,
        },
        signal,
      )
    } catch (error) {
      signal.throwIfAborted()
      this.#failures.push(error instanceof Error ? error.message : String(error))
    } finally {
      clearInterval(report)
    }
  }

  /** All of them finish what is under way, and end. */
  async #leave(): Promise<void> {
    const problems = await Promise.all(this.#members.map((member) => member.leave()))
    this.#failures.push(...problems.filter((problem) => problem !== undefined))
  }
}
