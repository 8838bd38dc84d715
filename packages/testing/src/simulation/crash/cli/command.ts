import { type ChildProcess, fork } from 'node:child_process'
import { type Arguments, commandFor, parseArguments } from './arguments.ts'
import type { SeedRange, WorkerMessage } from './messages.ts'
import { startWorker } from './worker.ts'

/** Seeds that a worker takes at a time: few, so that all end at about the same time. */
const CHUNK = 25
/** Real time after which a seed counts as one that never ends. */
const LONGEST_SEED_MS = 60_000
const PROGRESS_MS = 5000
/** The argument of a process that was forked by this one. */
const WORKER = '--worker'

/** `main.ts [options]`: resolves to the exit status, 1 when a seed violated the oracle. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  if (argv[0] === WORKER) {
    startWorker()
    return 0
  }
  return new Simulation(parseArguments(argv)).run()
}

class Simulation {
  readonly #args: Arguments
  readonly #startMs = Date.now()
  #next: number
  #done = 0
  #violations = 0
  #isStopped = false

  constructor(args: Arguments) {
    this.#args = args
    this.#next = args.from
  }

  async run(): Promise<number> {
    const progress = setInterval(() => {
      this.#printProgress()
    }, PROGRESS_MS)
    await Promise.all(Array.from({ length: this.#args.workers }, () => this.#runWorker()))
    clearInterval(progress)
    const seconds = (Date.now() - this.#startMs) / 1000
    process.stderr.write(`${this.#done} seeds in ${seconds.toFixed(1)} s\n`)
    process.stdout.write(`${this.#done} seeds, ${this.#violations} violations\n`)
    return this.#violations === 0 ? 0 : 1
  }

  async #runWorker(): Promise<void> {
    const child = fork(process.argv[1] ?? '', [WORKER], { execArgv: process.execArgv })
    let current: number | undefined
    let isEnding = false
    const watchdog = new Watchdog(LONGEST_SEED_MS, () => {
      this.#violation(
        `seed ${current ?? 0} did not end within ${LONGEST_SEED_MS / 1000} s of real time`,
        current,
      )
      child.kill('SIGKILL')
    })
    child.on('message', (message: WorkerMessage) => {
      watchdog.reset()
      if (message.kind === 'begins') current = message.seed
      if (message.kind === 'done') this.#report(message)
      if (message.kind !== 'idle') return
      current = undefined
      isEnding = !this.#assign(child)
      if (isEnding) child.disconnect()
    })
    await new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        watchdog.stop()
        if (!isEnding && signal === null)
          this.#violation(`a worker ended with status ${code ?? 0}`, current)
        resolve()
      })
    })
  }

  /** False when there is nothing left to do. */
  #assign(child: ChildProcess): boolean {
    const { from, seeds, topology, trace, keepGoing } = this.#args
    const count = this.#isStopped ? 0 : Math.min(CHUNK, from + seeds - this.#next)
    if (count <= 0) return false
    const range: SeedRange = { from: this.#next, seeds: count, topology, trace, keepGoing }
    this.#next += count
    child.send(range)
    return true
  }

  #report({ report }: WorkerMessage & { readonly kind: 'done' }): void {
    this.#done++
    if (report.trace !== undefined) process.stdout.write(`seed ${report.seed}\n${report.trace}\n`)
    if (report.violation === undefined) return
    this.#violations++
    process.stdout.write(`${report.violation}\n`)
    this.#stop()
  }

  #violation(text: string, seed: number | undefined): void {
    this.#violations++
    process.stdout.write(`${text}\n`)
    if (seed !== undefined)
      process.stdout.write(`  again: ${commandFor(seed, this.#args.topology)}\n`)
    this.#stop()
  }

  /** What was handed out already is run to its end. */
  #stop(): void {
    if (!this.#args.keepGoing) this.#isStopped = true
  }

  #printProgress(): void {
    const seconds = Math.round((Date.now() - this.#startMs) / 1000)
    process.stderr.write(
      `${this.#done} of ${this.#args.seeds} seeds, ${this.#violations} violations, ${seconds} s\n`,
    )
  }
}

/** Barks when it was not reset for a while. */
class Watchdog {
  readonly #ms: number
  readonly #bark: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, bark: () => void) {
    this.#ms = ms
    this.#bark = bark
    this.reset()
  }

  reset(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#bark, this.#ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
