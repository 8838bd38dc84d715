import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RunnerOptions } from './run-options.ts'

export interface RunnerMessage {
  readonly kind: 'ready'
}

export type RunnerOrder = 'start' | 'stop'

const RUNNER = fileURLToPath(import.meta.resolve('../runner.ts'))

/** A process that is asked to end has this long to commit and leave its group. */
const STOP_TIMEOUT_MS = 40_000

/** The process that is measured, seen from the one that measures. */
export class MeasuredProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  #hasExited = false

  private constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid ?? 0
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.#hasExited = true
        resolve(code)
      })
    })
  }

  /** Resolves when everything is loaded and the process waits for {@link start}. */
  static async create(
    options: RunnerOptions,
    nodeOptions: readonly string[] = [],
  ): Promise<MeasuredProcess> {
    const child = fork(RUNNER, [JSON.stringify(options)], {
      execArgv: [...process.execArgv, ...nodeOptions],
      // Its standard output is not the result's.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    const measured = new MeasuredProcess(child)
    const ready = once(child, 'message')
    await Promise.race([ready, measured.#exited])
    if (measured.#hasExited) throw new Error('the measured process has failed to start')
    return measured
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  start(): void {
    this.#order('start')
  }

  /** Lets it end as an application does. Idempotent. @throws when it failed, or had to be killed. */
  async stop(): Promise<void> {
    if (!this.#hasExited) this.#order('stop')
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    const code = await this.#exited
    clearTimeout(timeout)
    if (code !== 0) throw new Error(`the measured process ended with ${code ?? 'a signal'}`)
  }

  #order(order: RunnerOrder): void {
    this.#child.send(order)
  }
}
