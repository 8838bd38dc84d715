import type { AppMetrics, AppState, RestoreProgress } from '@millrace/core'
import { type ChildProcess, fork } from 'node:child_process'
import { constants } from 'node:os'
import { INSTANCE_VARIABLE, STATE_DIR_VARIABLE } from './environment.ts'
import { Lines } from './lines.ts'
import { parseMessage } from './member-message.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  readonly instanceId: string
  readonly stateDir: string | undefined
}

export type OutputStream = 'stdout' | 'stderr'

export interface MemberOutput {
  /** False when the reader is slow: the member's output is then left until {@link drained}. */
  line(stream: OutputStream, line: string): boolean
  drained(stream: OutputStream): Promise<void>
}

/**
 * A process below the member may hold its output open for ever. Looks are counted and not time alone:
 * on a crowded machine the time may be over before anything was read.
 */
const LAST_OUTPUT_LOOKS = 10
const LOOK_EVERY_MS = 100

/** One life of a member: the module in a process of its own. */
export class MemberProcess {
  readonly startedAtMs: number = performance.now()
  /** Also when it could not be started. Its output has been read by then. */
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #restores = new Map<string, RestoreProgress>()
  #state: AppState | undefined
  #metrics: AppMetrics | undefined

  constructor({ file, args, instanceId, stateDir }: Launch, output: MemberOutput) {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      [INSTANCE_VARIABLE]: instanceId,
      // Undefined takes away what a supervisor above may have set.
      [STATE_DIR_VARIABLE]: stateDir,
    }
    this.#child = fork(file, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.exited = exitOf(this.#child, (message) => output.line('stderr', message))
    forwardLines(this.#child, 'stdout', output)
    forwardLines(this.#child, 'stderr', output)
    this.#child.on('message', (message) => {
      this.#take(message)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Undefined until it tells, which a module without `memberOptions` never does. */
  get state(): AppState | undefined {
    return this.#state
  }

  /** The last it told. */
  get metrics(): AppMetrics | undefined {
    return this.#metrics
  }

  /** Of the stores that it restores now, together. */
  get restoring(): { readonly restored: number; readonly total: number } | undefined {
    if (this.#restores.size === 0) return undefined
    const all = [...this.#restores.values()]
    return {
      restored: all.reduce((sum, { restored }) => sum + restored, 0),
      total: all.reduce((sum, { total }) => sum + total, 0),
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #take(value: unknown): void {
    const message = parseMessage(value)
    switch (message?.millrace) {
      case 'state':
        this.#state = message.state
        break
      case 'metrics':
        this.#metrics = message.metrics
        break
      case 'restore':
        this.#takeRestore(message.progress)
        break
      case undefined:
        break
    }
  }

  #takeRestore(progress: RestoreProgress): void {
    const store = `${progress.taskId} ${progress.store}`
    if (progress.phase === 'end' || progress.phase === 'suspended') this.#restores.delete(store)
    else this.#restores.set(store, progress)
  }
}

/** As a shell gives it. */
export function statusOf({ code, signal }: Exit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function exitOf(child: ChildProcess, onError: (message: string) => void): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid !== undefined) return // a signal that could not be delivered
      onError(`could not be started: ${error.message}`)
      resolve({ code: 1, signal: null })
    })
    child.once('exit', (code, signal) => {
      const settle = (): void => {
        clearInterval(looking)
        resolve({ code, signal })
      }
      let looks = 0
      const looking = setInterval(() => {
        if (++looks === LAST_OUTPUT_LOOKS) settle()
      }, LOOK_EVERY_MS)
      child.once('close', settle)
    })
  })
}

function forwardLines(child: ChildProcess, stream: OutputStream, output: MemberOutput): void {
  const readable = child[stream]
  if (readable === null) return // not with stdio 'pipe'
  const lines = new Lines()
  const forward = (all: readonly string[]): void => {
    const isTaken = all.map((line) => output.line(stream, line)).at(-1) ?? true
    // The rest of one that has ended is no more than a pipe holds, and `exited` waits for it.
    if (isTaken || hasExited(child)) return
    readable.pause()
    void output.drained(stream).then(() => readable.resume())
  }
  readable.on('data', (chunk: Buffer) => {
    forward(lines.push(chunk))
  })
  readable.on('end', () => {
    forward(lines.end())
  })
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
