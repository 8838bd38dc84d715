import type { Scheduler } from '@millrace/core/internal'
import type { DeliveryPhase, ScheduledEvent } from './event-queue.ts'

/** What a process asks of the scheduler that made it. */
export interface ProcessHost {
  nowMs(): number
  schedule(
    process: SimulatedProcess,
    delayMs: number,
    event: {
      readonly operation: string
      readonly phase: DeliveryPhase
      readonly run: () => void
    },
  ): () => void
  /** Puts events that a pause held back into the queue again, to run now, in this order. */
  requeue(events: readonly ScheduledEvent[]): void
}

/** Time passes also while a process does nothing but let others have a turn. */
const TURN_MS = 0.05

/**
 * One operating system process of a simulation: everything it waits for comes through here, so that it
 * can be killed or stopped at any await.
 *
 * - Killed, its timers, requests and answers are dropped for ever: what waits for them never goes on.
 * - Paused, they are kept, and come in their order when it is resumed; the world goes on meanwhile.
 */
export class SimulatedProcess implements Scheduler {
  readonly name: string
  /** Its place in the order of creation. */
  readonly number: number
  readonly #host: ProcessHost
  readonly #held: ScheduledEvent[] = []
  #isAlive = true
  #isPaused = false

  constructor(name: string, number: number, host: ProcessHost) {
    this.name = name
    this.number = number
    this.#host = host
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  nowMs(): number {
    return Math.floor(this.#host.nowMs())
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    return this.#schedule(delayMs > 0 ? delayMs : TURN_MS, {
      operation: 'timer',
      phase: 'timer',
      run: callback,
    })
  }

  /**
   * Something that leaves the process and takes effect elsewhere after `latencyMs`. It does not when the
   * process is killed before; it does late, when the process is paused before.
   */
  request(latencyMs: number, operation: string, takeEffect: () => void): () => void {
    return this.#schedule(latencyMs, { operation, phase: 'request', run: takeEffect })
  }

  /** Something that reaches the process after `latencyMs`; never, when it is killed before. */
  complete(latencyMs: number, operation: string, deliver: () => void): () => void {
    return this.#schedule(latencyMs, { operation, phase: 'response', run: deliver })
  }

  /** As `kill -9`. Not undone: a restart is another process. */
  kill(): void {
    this.#isAlive = false
    this.#held.length = 0
  }

  /** As SIGSTOP. */
  pause(): void {
    this.#isPaused = true
  }

  /** As SIGCONT: everything that became due meanwhile happens now. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#host.requeue(this.#held.splice(0))
  }

  /** For the scheduler: keeps what became due during a pause. */
  hold(event: ScheduledEvent): void {
    this.#held.push(event)
  }

  #schedule(
    delayMs: number,
    event: {
      readonly operation: string
      readonly phase: DeliveryPhase
      readonly run: () => void
    },
  ): () => void {
    // A killed process may still run to its next await; nothing comes of it.
    if (!this.#isAlive) return () => undefined
    return this.#host.schedule(this, delayMs, event)
  }
}
