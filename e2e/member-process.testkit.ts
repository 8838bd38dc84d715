import type { AppMetrics, AppSettings, AppState, RestoreProgress } from '@millrace/core'
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FaultPoint } from './faults.testkit.ts'
import type { TopologyName, TopologyTopics } from './topologies.testkit.ts'
import { PATIENCE_MS, until } from './until.testkit.ts'

/** A signal that the member sends to itself, at one point. */
export interface SelfHarm {
  readonly point: FaultPoint
  readonly when: 'before' | 'after'
  /** Only once the process has sent so many records, changelogs included. */
  readonly afterRecords: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  /** How long the member's own code stands still on top of it, while the threads of its client do not. */
  readonly thenWaitMs?: number
}

export interface MemberSpec {
  readonly brokers: string
  readonly topology: TopologyName
  readonly topics: TopologyTopics
  /** With a `stateDir` its state is in RocksDB, else in memory. */
  readonly app: Omit<AppSettings, 'brokers'>
  readonly harm?: SelfHarm
  /** It kills itself once so many records of one store are restored. */
  readonly killAtRestored?: number
}

/** What a member tells. */
export type MemberEvent =
  | { readonly kind: 'state'; readonly state: AppState; readonly before: AppState }
  | { readonly kind: 'metrics'; readonly metrics: AppMetrics }
  | { readonly kind: 'restore'; readonly progress: RestoreProgress }
  | { readonly kind: 'harm'; readonly sent: number }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: string
    }

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** To look on while a test runs: `MILLRACE_E2E_VERBOSE=1`. */
const IS_VERBOSE = process.env['MILLRACE_E2E_VERBOSE'] === '1'

const PROGRAM = fileURLToPath(new URL('member.ts', import.meta.url))

/** A member in a process of its own, and what it has told so far. */
export class MemberProcess {
  readonly events: MemberEvent[] = []
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  #stderr = ''

  constructor(spec: MemberSpec) {
    const args = ['--conditions=@millrace/source', PROGRAM, JSON.stringify(spec)]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal })
      })
    })
    this.#child.stderr?.on('data', (data: Buffer) => {
      this.#stderr += data.toString()
    })
    if (this.#child.stdout === null) throw new TypeError('stdout is a pipe')
    createInterface(this.#child.stdout).on('line', (line) => {
      if (IS_VERBOSE) console.error(new Date().toISOString(), this.#child.pid, line)
      this.events.push(JSON.parse(line) as MemberEvent) // member.ts writes nothing else
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get states(): readonly AppState[] {
    return this.events.flatMap((event) => (event.kind === 'state' ? [event.state] : []))
  }

  get metrics(): AppMetrics | undefined {
    return this.#last('metrics')?.metrics
  }

  get restores(): readonly RestoreProgress[] {
    return this.events.flatMap((event) => (event.kind === 'restore' ? [event.progress] : []))
  }

  get error(): { readonly code: string; readonly message: string } | undefined {
    return this.#last('error')
  }

  /** Lines of the log, as `level message fields`. */
  get log(): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === 'log' ? [`${event.level} ${event.message} ${event.fields}`] : [],
    )
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Waits for `look`; fails at once when the process has ended, with what it said last. */
  until(what: string, look: () => boolean, boundMs: number = PATIENCE_MS): Promise<true> {
    return until(
      what,
      () => {
        if (look()) return true
        if (this.hasExited) throw new Error(`${what}: the member has ended\n${this.lastWords()}`)
        return false
      },
      { boundMs, lastWords: () => this.lastWords() },
    )
  }

  untilState(state: AppState, boundMs?: number): Promise<true> {
    return this.until(`state ${state}`, () => this.states.at(-1) === state, boundMs)
  }

  /** Waits until it has processed so many more records. */
  async untilProcessed(records: number): Promise<void> {
    const before = this.metrics?.recordsProcessed ?? 0
    await this.until(`${records} more records processed`, () => {
      return (this.metrics?.recordsProcessed ?? 0) >= before + records
    })
  }

  untilLogged(text: string, boundMs?: number): Promise<true> {
    return this.until(
      `"${text}" in the log`,
      () => this.log.some((line) => line.includes(text)),
      boundMs,
    )
  }

  /** Waits until it has signalled itself as planned. */
  async untilHarmed(): Promise<void> {
    await until('the member harms itself', () => this.#last('harm') !== undefined)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  /** SIGTERM; the process must end by itself, with success. */
  async terminate(boundMs: number = PATIENCE_MS): Promise<void> {
    this.#child.kill('SIGTERM')
    const exit = await this.untilExit(boundMs)
    assert.deepEqual(exit, { code: 0, signal: null }, this.lastWords())
  }

  async untilExit(boundMs: number = PATIENCE_MS): Promise<Exit> {
    const late = AbortSignal.timeout(boundMs)
    const timedOut = new Promise<never>((_resolve, reject) => {
      late.addEventListener('abort', () => {
        reject(new Error(`the member has not ended within ${boundMs} ms\n${this.lastWords()}`))
      })
    })
    return Promise.race([this.exited, timedOut])
  }

  /** Changelog records that were read in all restores that have ended. */
  get recordsRestored(): number {
    const ends = this.restores.filter(({ phase }) => phase === 'end')
    return ends.reduce((sum, { restored }) => sum + restored, 0)
  }

  lastWords(): string {
    return [...this.log.slice(-15), this.#stderr.slice(-2000)].join('\n')
  }

  #last<Kind extends MemberEvent['kind']>(
    kind: Kind,
  ): Extract<MemberEvent, { readonly kind: Kind }> | undefined {
    return this.events.findLast(
      (event): event is Extract<MemberEvent, { readonly kind: Kind }> => event.kind === kind,
    )
  }
}
