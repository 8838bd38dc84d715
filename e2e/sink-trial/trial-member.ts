import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TrialMemberEvent, TrialMemberSpec } from './member-spec.ts'

const PROGRAM = fileURLToPath(new URL('member.ts', import.meta.url))

/** Longer than an app's close timeout. */
const LEAVE_MS = 45_000

export interface TrialMemberOptions {
  readonly name: string
  readonly spec: TrialMemberSpec
  /** Where its log goes, all lives in one file. */
  readonly logs: string
  /** Called when it has ended and nobody had told it to. */
  readonly onFailure: (why: string) => void
}

/** One member through all its lives. */
export class TrialMember {
  readonly name: string
  readonly #options: TrialMemberOptions
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #isExpected = false
  #state = 'down'
  #error = ''

  constructor(options: TrialMemberOptions) {
    this.name = options.name
    this.#options = options
  }

  get state(): string {
    return this.#state
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    if (this.#child !== undefined) return
    const { logs, spec } = this.#options
    const log = openSync(join(logs, `${this.name}.log`), 'a')
    const args = ['--conditions=@millrace/source', '--no-warnings', PROGRAM, JSON.stringify(spec)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log] })
    closeSync(log)
    this.#child = child
    this.#isExpected = false
    this.#state = 'starting'
    this.#error = ''
    if (child.stdout === null) throw new TypeError('stdout is a pipe')
    createInterface(child.stdout).on('line', (line) => {
      if (this.#child === child) this.#take(JSON.parse(line) as TrialMemberEvent) // member.ts writes nothing else
    })
    this.#exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended(String(code ?? signal))
        resolve()
      })
    })
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isExpected = true
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  standStill(): void {
    this.#child?.kill('SIGSTOP')
    this.#state = 'stopped'
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
    this.#state = 'running'
  }

  /** SIGTERM; tells when it had to be killed. */
  async leave(): Promise<string | undefined> {
    const child = this.#child
    if (child === undefined) return undefined
    this.#isExpected = true
    child.kill('SIGTERM')
    const late = new AbortController()
    const timer = setTimeout(() => {
      late.abort()
      child.kill('SIGKILL')
    }, LEAVE_MS)
    await this.#exited
    clearTimeout(timer)
    return late.signal.aborted
      ? `${this.name} did not leave within ${LEAVE_MS / 1000} s`
      : undefined
  }

  #take(event: TrialMemberEvent): void {
    if (event.kind === 'state') this.#state = event.state
    else this.#error = event.message
  }

  #ended(how: string): void {
    this.#child = undefined
    this.#state = 'down'
    if (this.#isExpected) return
    this.#options.onFailure(`${this.name} ended by itself: ${how} ${this.#error}`)
  }
}
