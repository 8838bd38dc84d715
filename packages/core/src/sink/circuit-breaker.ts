import { MillraceError } from '../errors/millrace-error.ts'
import type { Scheduler } from '../time/clock.ts'

/** `closed`: all attempts are let through. `open`: none. `half-open`: one, whose outcome decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** When a circuit opens, and for how long. */
export interface CircuitBreakerConfig {
  readonly failures: number
  readonly openForMs: number
}

/** What {@link CircuitBreaker} stands on. */
export interface CircuitBreakerParts {
  readonly config: CircuitBreakerConfig
  readonly scheduler: Scheduler
  /** Told after each change. `error`: that of the attempt that opened it. */
  readonly onChange: (state: CircuitState, error: MillraceError | undefined) => void
}

/** An attempt that was let through. Tell one of the three, once. */
export interface CircuitPermit {
  /** The target has answered: the circuit is closed. */
  succeeded(): void
  failed(error: MillraceError): void
  /** The attempt was given up, and tells nothing of the target. */
  abandoned(): void
}

/**
 * Stops asking a target that is down, for all that ask it.
 *
 * Semantics: `failures` failed attempts in a row, whoever made them, open the circuit. After `openForMs` one
 * attempt is let through: when it succeeds the circuit closes, when it fails it is open for another while. The
 * outcome of an attempt that began before the circuit opened counts when it is a success: the target is there.
 *
 * All waits are the scheduler's, so that a simulation owns them.
 */
export class CircuitBreaker {
  readonly #parts: CircuitBreakerParts
  #state: CircuitState = 'closed'
  #failures = 0
  #probe: CircuitPermit | undefined
  #cancelTimer: () => void = () => undefined

  constructor(parts: CircuitBreakerParts) {
    this.#parts = parts
  }

  get state(): CircuitState {
    return this.#state
  }

  /** Undefined: not now. `onChange` is called when it is worth asking again. */
  tryEnter(): CircuitPermit | undefined {
    if (this.#state === 'open' || this.#probe !== undefined) return undefined
    const permit: CircuitPermit = {
      succeeded: () => {
        this.#succeeded()
      },
      failed: (error) => {
        this.#failed(permit, error)
      },
      abandoned: () => {
        this.#abandoned(permit)
      },
    }
    if (this.#state === 'half-open') this.#probe = permit
    return permit
  }

  /** Forgets its timer. */
  close(): void {
    this.#cancelTimer()
  }

  #succeeded(): void {
    this.#failures = 0
    this.#probe = undefined
    this.#cancelTimer()
    this.#become('closed')
  }

  #failed(permit: CircuitPermit, error: MillraceError): void {
    const { config, scheduler } = this.#parts
    this.#failures++
    const isProbe = this.#probe === permit
    if (isProbe) this.#probe = undefined
    // One that began before the circuit opened says nothing new.
    const opens = this.#state === 'closed' ? this.#failures >= config.failures : isProbe
    if (!opens) return
    this.#cancelTimer()
    this.#cancelTimer = scheduler.setTimer(config.openForMs, () => {
      this.#become('half-open')
    })
    this.#become('open', error)
  }

  #abandoned(permit: CircuitPermit): void {
    if (this.#probe !== permit) return
    this.#probe = undefined
    this.#parts.onChange(this.#state, undefined)
  }

  #become(state: CircuitState, error?: MillraceError): void {
    if (this.#state === state) return
    this.#state = state
    this.#parts.onChange(state, error)
  }
}
