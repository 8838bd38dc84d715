import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { maxRssMb } from '../run/proc.ts'
import type { RestartMemberOptions, RestartMemberReport } from './restart-member.ts'

const MEMBER = fileURLToPath(import.meta.resolve('./restart-member.ts'))

export interface Start {
  /** From before the process was made to the state 'running'. */
  readonly seconds: number
  readonly recordsRestored: number
  /** The part of it from the first restore's start to the last one's end. */
  readonly restoreSeconds: number
}

/** One life of the member: from its start to the SIGKILL that ends it. */
export class RestartProcess {
  readonly #child: ChildProcess
  readonly started: Promise<Start>

  constructor(options: RestartMemberOptions) {
    const startMs = performance.now()
    this.#child = fork(MEMBER, [JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'] })
    this.started = new Promise((resolve, reject) => {
      this.#child.on('message', ({ state, ...restored }: RestartMemberReport) => {
        if (state !== 'running') return
        resolve({ seconds: (performance.now() - startMs) / 1000, ...restored })
      })
      this.#child.once('exit', (code) => {
        reject(new Error(`the member ended with ${code ?? 'a signal'} before it ran`))
      })
    })
    // Whoever ends a member that never ran does not look at this.
    this.started.catch(() => undefined)
  }

  get maxRssMb(): number {
    return maxRssMb(this.#child.pid ?? 0)
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
