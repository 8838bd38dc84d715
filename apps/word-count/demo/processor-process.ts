import { fileURLToPath } from 'node:url'
import type { ProcessingGuarantee } from '@millrace/core'
import { type Exit, ProgramProcess } from '@millrace/trial'
import { parseReport, type Report } from '../report.ts'
import type { DemoTopics } from './topics.ts'

export interface ProcessorSettings {
  readonly brokers: string
  readonly topics: DemoTopics
  readonly guarantee: ProcessingGuarantee
  readonly commitIntervalMs: number
  /** Gets each line that a processor logs. */
  readonly onLog: (instanceId: string, line: string) => void
}

/**
 * How soon the group takes a killed member for dead: the least that brokers accept by default. Until
 * then nobody gets its partitions.
 */
const SESSION_TIMEOUT_MS = 6000
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** One life of a processor: `main.ts` in a process of its own. */
export class ProcessorProcess {
  readonly #process: ProgramProcess
  #report: Report | undefined
  #isBusy = false

  constructor(instanceId: string, settings: ProcessorSettings) {
    this.#process = new ProgramProcess({
      file: MAIN,
      args: argumentsOf(instanceId, settings),
      onOutput: (line) => {
        this.#take(parseReport(line))
      },
      onLog: (line) => {
        settings.onLog(instanceId, line)
      },
    })
  }

  get exited(): Promise<Exit> {
    return this.#process.exited
  }

  /** The last one it wrote. */
  get report(): Report | undefined {
    return this.#report
  }

  get isRunning(): boolean {
    return !this.#process.hasExited && this.#report?.state === 'running'
  }

  /** True when it processed records between its last two reports. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  get log(): readonly string[] {
    return this.#process.log
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(signal)
  }

  /** Resolves when it is dead. */
  kill(): Promise<Exit> {
    return this.#process.kill()
  }

  /** Asks it to commit and leave; kills it after `boundMs`. */
  stop(boundMs: number): Promise<Exit> {
    return this.#process.stop(boundMs)
  }

  #take(report: Report | undefined): void {
    if (report === undefined) return
    const before = this.#report?.metrics.recordsProcessed ?? 0
    this.#isBusy = report.metrics.recordsProcessed > before
    this.#report = report
  }
}

function argumentsOf(instanceId: string, settings: ProcessorSettings): string[] {
  const { brokers, topics, guarantee, commitIntervalMs } = settings
  const options = {
    brokers,
    'application-id': topics.applicationId,
    'instance-id': instanceId,
    input: topics.input,
    output: topics.output,
    guarantee,
    'commit-interval': String(commitIntervalMs),
    'session-timeout': String(SESSION_TIMEOUT_MS),
  }
  return [...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), '--report']
}
