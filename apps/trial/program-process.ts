import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

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

/** A module of its own, since the program is not to know of it. */
const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href

/** One life of a program, in a process of its own, which ends with this process at the latest. */
export class ProgramProcess {
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #log: string[] = []
  #exit: Exit | undefined

  constructor({ file, args = [], env = {}, onOutput, onLog }: ProgramSettings) {
    const options = [...process.execArgv, '--import', END_WITH_PARENT]
    const child = spawn(process.execPath, [...options, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    })
    this.#child = child
    if (child.stdout !== null) eachLine(child.stdout, (line) => onOutput?.(line))
    if (child.stderr !== null) {
      eachLine(child.stderr, (line) => {
        this.#log.push(line)
        if (this.#log.length > LOG_LINES) this.#log.shift()
        onLog?.(line)
      })
    }
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

function eachLine(input: Readable, take: (line: string) => void): void {
  createInterface({ input }).on('line', take)
}
