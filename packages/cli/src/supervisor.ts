import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunOptions } from './command-line.ts'
import { type Exit, MemberProcess, type OutputStream, statusOf } from './member-process.ts'
import { RestartPolicy } from './restart-policy.ts'
import type { MemberView } from './status.ts'

/**
 * Semantics: runs the members of one application on this machine. One that ends with success is done;
 * one that crashes is started again under the same instance id and on the same state directory, so
 * that it fences what its predecessor left open and restores little. All are stopped by a signal, and
 * when one crashes too often.
 */
export interface SupervisorOutput {
  /** Of a member. False when the reader is slow. */
  line(member: number, stream: OutputStream, line: string): boolean
  drained(stream: OutputStream): Promise<void>
  /** Of the supervisor itself. */
  say(text: string): void
}

interface Slot {
  readonly member: number
  readonly policy: RestartPolicy
  restarts: number
  /** Of the lives before this one. */
  processedBefore: number
  isDone: boolean
  process: MemberProcess | undefined
}

/** A module that cannot be loaded ends within this, and restarts would not help. */
const LOAD_MS = 10_000

/** A terminal and a program above may both pass on the same Ctrl-C. */
const SAME_SIGNAL_MS = 500

export class Supervisor {
  readonly #options: RunOptions
  readonly #output: SupervisorOutput
  readonly #slots: readonly Slot[]
  readonly #stopping = new AbortController()
  #stoppedAtMs = 0
  #status = 0

  constructor(options: RunOptions, output: SupervisorOutput) {
    this.#options = options
    this.#output = output
    this.#slots = Array.from({ length: options.processes }, (_, member) => ({
      member,
      policy: new RestartPolicy(options.restarts),
      restarts: 0,
      processedBefore: 0,
      isDone: false,
      process: undefined,
    }))
  }

  get members(): readonly MemberView[] {
    return this.#slots.map(({ process, processedBefore, restarts, isDone }) => ({
      state: isDone ? 'ended' : process === undefined ? 'crashed' : (process.state ?? 'started'),
      processed: processedBefore + (process?.metrics?.recordsProcessed ?? 0),
      lag: process?.metrics?.lag ?? 0,
      restoring: process?.restoring,
      restarts,
    }))
  }

  /** Resolves to the exit status when all members have ended and none is to be started again. */
  async run(): Promise<number> {
    await Promise.all(this.#slots.map((slot) => this.#supervise(slot)))
    return this.#status
  }

  /**
   * Passes the signal on, and kills what is left after the close timeout. A second call kills at once:
   * nothing is lost then, open transactions are left to be aborted.
   */
  stop(signal: NodeJS.Signals): void {
    const nowMs = performance.now()
    if (!this.#stopping.signal.aborted) {
      this.#stoppedAtMs = nowMs
      this.#stopping.abort()
      this.#signalAll(signal)
      this.#killLate()
    } else if (nowMs - this.#stoppedAtMs > SAME_SIGNAL_MS) {
      this.#output.say(`${signal} again: killing the members`)
      this.#signalAll('SIGKILL')
    }
  }

  async #supervise(slot: Slot): Promise<void> {
    for (;;) {
      const life = this.#start(slot)
      const exit = await life.exited
      slot.process = undefined
      slot.processedBefore += life.metrics?.recordsProcessed ?? 0
      const waitMs = this.#afterExit(slot, life, exit)
      if (waitMs === undefined) break
      try {
        await sleep(waitMs, undefined, { signal: this.#stopping.signal })
      } catch {
        break // rejects for nothing but the signal
      }
      slot.restarts++
    }
    slot.isDone = true
  }

  #start(slot: Slot): MemberProcess {
    const { file, args, name, stateDir } = this.#options
    const { member } = slot
    const launch = {
      file,
      args,
      instanceId: `${name}-${member}`,
      stateDir: stateDir === undefined ? undefined : join(stateDir, `member-${member}`),
    }
    const process = new MemberProcess(launch, {
      line: (stream, line) => this.#output.line(member, stream, line),
      drained: (stream) => this.#output.drained(stream),
    })
    slot.process = process
    return process
  }

  /** How long to wait before the restart; undefined when there is to be none. */
  #afterExit(slot: Slot, life: MemberProcess, exit: Exit): number | undefined {
    const what = `member ${slot.member} ended ${describe(exit)}`
    if (exit.code === 0) {
      if (!this.#stopping.signal.aborted) this.#output.say(`member ${slot.member} has finished`)
      return undefined
    }
    if (this.#stopping.signal.aborted) {
      this.#endedWhileStopping(what, exit)
      return undefined
    }
    const nowMs = performance.now()
    const livedMs = nowMs - life.startedAtMs
    const hasTold = life.state !== undefined || life.metrics !== undefined
    const isLoadFailure = exit.code !== null && !hasTold && slot.restarts === 0
    if (isLoadFailure && livedMs < LOAD_MS) {
      this.#giveUp(`${what} before its app did anything; it is not started again`, exit)
      return undefined
    }
    const waitMs = slot.policy.afterCrash(nowMs, livedMs)
    if (waitMs === undefined) {
      const { maxRestarts, windowMs } = this.#options.restarts
      this.#giveUp(`${what}, after ${maxRestarts} restarts within ${windowMs} ms`, exit)
      return undefined
    }
    this.#output.say(`${what}; it is started again in ${waitMs} ms`)
    return waitMs
  }

  #endedWhileStopping(what: string, exit: Exit): void {
    // Its module has no handler for the signal that it was to end by: that is no failure.
    if (exit.signal === 'SIGTERM' || exit.signal === 'SIGINT') return
    this.#output.say(what)
    if (this.#status === 0) this.#status = statusOf(exit)
  }

  #giveUp(why: string, exit: Exit): void {
    this.#output.say(`${why}: stopping all members`)
    this.#status = statusOf(exit)
    this.stop('SIGTERM')
  }

  #killLate(): void {
    const { closeTimeoutMs } = this.#options
    const timer = setTimeout(() => {
      if (this.#slots.every(({ process }) => process === undefined)) return
      this.#output.say(`members have not ended within ${closeTimeoutMs} ms: killing them`)
      this.#signalAll('SIGKILL')
    }, closeTimeoutMs)
    timer.unref()
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const { process } of this.#slots) process?.signal(signal)
  }
}

function describe({ code, signal }: Exit): string {
  return code === null ? `by ${signal ?? 'an unknown signal'}` : `with status ${code}`
}
