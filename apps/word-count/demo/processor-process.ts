import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import type { ProcessingGuarantee } from '@millrace/core'
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

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * How soon the group takes a killed member for dead: the least that brokers accept by default. Until
 * then nobody gets its partitions.
 */
const SESSION_TIMEOUT_MS = 6000
const LOG_LINES = 20
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** One life of a processor: `main.ts` in a process of its own. */
export class ProcessorProcess {
  readonly instanceId: string
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #log: string[] = []
  #report: Report | undefined
  #isBusy = false
  #exit: Exit | undefined

  constructor(instanceId: string, settings: ProcessorSettings) {
    this.instanceId = instanceId
    const child = spawn(
      process.execPath,
      [...process.execArgv, MAIN, ...argumentsOf(instanceId, settings)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#take(parseReport(line))
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#log.push(line)
      if (this.#log.length > LOG_LINES) this.#log.shift()
      settings.onLog(instanceId, line)
    })
    this.exited = new Promise((resolve) => {
      const settle = (exit: Exit): void => {
        this.#exit = exit
        resolve(exit)
      }
      child.once('close', (code, signal) => {
        settle({ code, signal })
      })
      child.once('error', (error) => {
        this.#log.push(error.message)
        settle({ code: null, signal: null })
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The last one it wrote. */
  get report(): Report | undefined {
    return this.#report
  }

  get isRunning(): boolean {
    return this.#exit === undefined && this.#report?.state === 'running'
  }

  /** True when it processed records between its last two reports. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  get log(): readonly string[] {
    return this.#log
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Resolves when it is dead. */
  kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  /** Asks it to commit and leave; kills it after `boundMs`. */
  async stop(boundMs: number): Promise<Exit> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, boundMs)
    const exit = await this.exited
    clearTimeout(timer)
    return exit
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
