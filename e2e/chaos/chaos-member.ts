import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MemberEvent, MemberSettings } from './member.ts'

const PROGRAM = fileURLToPath(new URL('member.ts', import.meta.url))

/** Longer than an app's close timeout. */
const LEAVE_MS = 45_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChaosMemberOptions {
  readonly name: string
  readonly settings: MemberSettings
  /** Where its log goes, all lives in one file. */
  readonly logs: string
  /** Called when it has ended and nobody had told it to. */
  readonly onFailure: (member: ChaosMember, why: string) => void
}

/** One member through all its lives: the same name and the same state directory. */
export class ChaosMember {
  readonly name: string
  readonly #options: ChaosMemberOptions
  #child: ChildProcess | undefined
  #exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null })
  #isExpected = false
  #isStopped = false
  #state = 'down'
  #error = ''
  #restores = 0
  #processed = 0
  #processedBefore = 0
  /** A fault is under way that uses it. */
  isBusy = false

  constructor(options: ChaosMemberOptions) {
    this.name = options.name
    this.#options = options
  }

  /** What it does, in a word. */
  get state(): string {
    return this.#isStopped ? 'stopped' : this.#state
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get processed(): number {
    return this.#processedBefore + this.#processed
  }

  /** Stores whose restore has begun, in this life. */
  get restores(): number {
    return this.#restores
  }

  start(): void {
    if (this.#child !== undefined) throw new TypeError(`${this.name} runs already`)
    const { logs, settings } = this.#options
    const log = openSync(join(logs, `${this.name}.log`), 'a')
    const args = ['--conditions=@millrace/source', PROGRAM, JSON.stringify(settings)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log] })
    closeSync(log)
    this.#child = child
    this.#isExpected = false
    this.#state = 'starting'
    this.#error = ''
    this.#restores = 0
    if (child.stdout === null) throw new TypeError('stdout is a pipe')
    createInterface(child.stdout).on('line', (line) => {
      if (this.#child === child) this.#take(JSON.parse(line) as MemberEvent) // member.ts writes nothing else
    })
    this.#exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended(code, signal)
        resolve({ code, signal })
      })
    })
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isExpected = true
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  stand(): void {
    this.#child?.kill('SIGSTOP')
    this.#isStopped = true
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
    this.#isStopped = false
  }

  /** SIGTERM; tells what is wrong when it does not end in order. */
  async leave(): Promise<string | undefined> {
    this.#isExpected = true
    const child = this.#child
    if (child === undefined) return undefined
    const state = this.#state
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), LEAVE_MS)
    const { code, signal } = await this.#exited
    clearTimeout(late)
    // Before its program has begun there is nobody to take the signal.
    const hasBegun = state !== 'starting'
    if (code === 0 || (signal === 'SIGTERM' && !hasBegun)) return undefined
    return `${this.name} did not leave in order: ${String(code ?? signal)} ${this.#error}`
  }

  /** Its state directory, as if the disk were new. */
  async wipe(): Promise<void> {
    await rm(this.#options.settings.stateDir, { recursive: true, force: true })
  }

  #take(event: MemberEvent): void {
    switch (event.kind) {
      case 'state':
        this.#state = event.state
        break
      case 'restore':
        if (event.phase === 'start') this.#restores++
        break
      case 'metrics':
        this.#processed = event.processed
        break
      case 'error':
        this.#error = event.message
        break
    }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined
    this.#isStopped = false
    this.#state = 'down'
    this.#processedBefore += this.#processed
    this.#processed = 0
    if (this.#isExpected) return
    this.#options.onFailure(
      this,
      `${this.name} ended by itself: ${String(code ?? signal)} ${this.#error}`,
    )
  }
}
