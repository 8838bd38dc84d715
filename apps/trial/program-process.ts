import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ProgramSettings {
  /** A TypeScript file; it runs under the options of this Node. */
  readonly file: string
  readonly args?: readonly string[]
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Gets each line of its standard output. */
  readonly onOutput?: (line: string) => void
  /** Gets each line of its standard error. */
  readonly onLog?: (line: string) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const LOG_LINES = 20

/** One life of a program, in a process of its own. */
export class ProgramProcess {
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #log: string[] = []
  #exit: Exit | undefined

  constructor({ file, args = [], env = {}, onOutput, onLog }: ProgramSettings) {
    const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => onOutput?.(line))
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#log.push(line)
      if (this.#log.length > LOG_LINES) this.#log.shift()
      onLog?.(line)
    })
    // This process may have to end at once, and nothing is to be left then.
    const killNow = (): void => {
      child.kill('SIGKILL')
    }
    process.once('exit', killNow)
    this.exited = new Promise((resolve) => {
      const settle = (exit: Exit): void => {
        process.removeListener('exit', killNow)
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

  get hasExited(): boolean {
    return this.#exit !== undefined
  }

  /** The last lines that it logged. */
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
}
