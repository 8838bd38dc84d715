import type { Scheduler } from '@millrace/core/internal'
import { type DeliveryPhase, EventQueue, type ScheduledEvent } from './event-queue.ts'
import { SimulatedProcess } from './simulated-process.ts'

/** Something that is about to reach, or to leave, a process. */
export interface Delivery {
  readonly process: SimulatedProcess
  /** As `producer.commit`; `timer` for timers. */
  readonly operation: string
  readonly phase: DeliveryPhase
}

/**
 * Called before each delivery. It may kill or pause the process: then the delivery is dropped or
 * postponed. Before a `request` that means that it has no effect; before a `response`, that it has.
 */
export type DeliveryHook = (delivery: Delivery) => void

/** Options of {@link VirtualScheduler}. */
export interface VirtualSchedulerOptions {
  readonly seed: number
  /** @defaultValue 1_700_000_000_000 */
  readonly startMs?: number
}

/** When a run ends that does not end by itself. */
export interface RunLimits {
  /** How far the clock may go from where it is. @defaultValue one hour */
  readonly maxVirtualMs?: number
  /** @defaultValue 10_000_000 */
  readonly maxEvents?: number
}

/** Why a run ended. `idle`: nothing is left to do, and nothing ever will be. */
export type RunEnd = 'done' | 'idle' | 'max-virtual-time' | 'max-events'

/** Events between two turns of Node's event loop: enough to make the turn cheap. */
const BURST = 64

const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5 | 0

/**
 * Virtual time for a whole world in one Node process.
 *
 * Semantics: one event at a time, the earliest first. Of the same moment, those of one process come in
 * the order in which they were asked for, as Node's timers do, and a seed decides between processes. After an event all microtasks and ticks run before the next: each event is a callback of Node's own
 * queue of immediates, between which Node does that. So a run is decided by the seed alone, as long as
 * nothing in it waits for real time, real I/O, or uses randomness from elsewhere.
 *
 * It is a `Scheduler` itself, for what belongs to no process: brokers, and the test.
 */
export class VirtualScheduler implements Scheduler {
  readonly #queue = new EventQueue()
  readonly #seed: number
  readonly #hooks: DeliveryHook[] = []
  #nowMs: number
  #count = 0
  #executed = 0
  #processes = 0
  #hash = FNV_BASIS
  #isRunning = false

  constructor(options: VirtualSchedulerOptions) {
    this.#seed = options.seed | 0
    this.#nowMs = options.startMs ?? 1_700_000_000_000
  }

  nowMs(): number {
    return Math.floor(this.#nowMs)
  }

  /** How many events have run. */
  get executed(): number {
    return this.#executed
  }

  /** A hash of all events so far, with their times: equal in two runs of one seed. */
  get traceHash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    return this.#schedule(undefined, delayMs, {
      operation: 'world',
      phase: 'timer',
      run: callback,
    })
  }

  /** A process that can be paused and killed. */
  createProcess(name: string): SimulatedProcess {
    return new SimulatedProcess(name, ++this.#processes, {
      nowMs: () => this.#nowMs,
      schedule: (process, delayMs, event) => this.#schedule(process, delayMs, event),
      requeue: (events) => {
        this.#requeue(events)
      },
    })
  }

  /** Adds a hook; they are called in the order in which they were added. Returns its removal. */
  beforeDelivery(hook: DeliveryHook): () => void {
    this.#hooks.push(hook)
    return () => {
      const at = this.#hooks.indexOf(hook)
      if (at >= 0) this.#hooks.splice(at, 1)
    }
  }

  /**
   * Runs events until `isDone` says so; it is asked before each event. Rejects with what an event throws.
   */
  run(isDone: () => boolean, limits: RunLimits = {}): Promise<RunEnd> {
    if (this.#isRunning) throw new TypeError('the virtual scheduler is running already')
    this.#isRunning = true
    const untilMs = this.#nowMs + (limits.maxVirtualMs ?? 3_600_000)
    const untilCount = this.#executed + (limits.maxEvents ?? 10_000_000)
    return new Promise((resolve, reject) => {
      let isOver = false
      const finish = (): void => {
        isOver = true
        this.#isRunning = false
      }
      const step = (): void => {
        if (isOver) return
        try {
          const end = isDone() ? 'done' : this.#step(untilMs, untilCount)
          if (end === undefined) return
          finish()
          resolve(end)
        } catch (error) {
          finish()
          reject(error instanceof Error ? error : new Error('an event threw', { cause: error }))
        }
      }
      const burst = (): void => {
        if (isOver) return
        for (let i = 0; i < BURST; i++) setImmediate(step)
        setImmediate(burst)
      }
      burst()
    })
  }

  /**
   * Runs events until `work` settles, and gives its outcome.
   * @throws Error when nothing is left to do, or a limit is reached, before that
   */
  async settle<T>(work: Promise<T>, limits: RunLimits = {}): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    work.then(settled, settled)
    const end = await this.run(() => isSettled, limits)
    if (end !== 'done') throw new Error(`the work did not settle: ${end} at ${this.nowMs()}`)
    return work
  }

  #step(untilMs: number, untilCount: number): RunEnd | undefined {
    if (this.#executed >= untilCount) return 'max-events'
    const event = this.#next()
    if (event === undefined) return 'idle'
    if (event.atMs > untilMs) {
      this.#queue.push(event)
      this.#nowMs = Math.max(this.#nowMs, untilMs)
      return 'max-virtual-time'
    }
    this.#nowMs = Math.max(this.#nowMs, event.atMs)
    this.#executed++
    this.#record(event)
    if (this.#mayRun(event)) event.run()
    return undefined
  }

  /** The next event that is neither cancelled nor of a process that is dead or stands still. */
  #next(): ScheduledEvent | undefined {
    for (;;) {
      const event = this.#queue.pop()
      if (event === undefined) return undefined
      if (event.isCancelled) continue
      const { process } = event
      if (process === undefined) return event
      if (!process.isAlive) continue
      if (!process.isPaused) return event
      process.hold(event)
    }
  }

  #mayRun(event: ScheduledEvent): boolean {
    const { process, operation, phase } = event
    if (process === undefined) return true
    for (const hook of this.#hooks) hook({ process, operation, phase })
    if (!process.isAlive) return false
    if (!process.isPaused) return !event.isCancelled
    process.hold(event)
    return false
  }

  #schedule(
    process: SimulatedProcess | undefined,
    delayMs: number,
    event: {
      readonly operation: string
      readonly phase: DeliveryPhase
      readonly run: () => void
    },
  ): () => void {
    const scheduled: ScheduledEvent = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      tie: 0,
      number: this.#count++,
      process,
      operation: event.operation,
      phase: event.phase,
      run: event.run,
      isCancelled: false,
    }
    this.#enqueue(scheduled)
    return () => {
      scheduled.isCancelled = true
    }
  }

  #requeue(events: readonly ScheduledEvent[]): void {
    for (const event of events) {
      if (event.isCancelled) continue
      event.atMs = this.#nowMs
      event.number = this.#count++
      this.#enqueue(event)
    }
  }

  #enqueue(event: ScheduledEvent): void {
    const moment = Math.floor(event.atMs * 1000) | 0
    const h = Math.imul(this.#seed ^ moment, 0x9e3779b1) ^ (event.process?.number ?? 0)
    event.tie = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
    this.#queue.push(event)
  }

  #record(event: ScheduledEvent): void {
    this.#mix(Math.floor(event.atMs * 1000) | 0)
    this.#mix(event.phase.length)
    this.#mixText(event.operation)
    if (event.process !== undefined) this.#mixText(event.process.name)
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, FNV_PRIME)
  }
}
