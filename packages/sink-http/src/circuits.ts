import type { Logger, MillraceError } from '@millrace/core'
import { CircuitBreaker, type CircuitPermit, type Scheduler } from '@millrace/core/internal'

/** When a circuit opens, and for how long. */
export interface CircuitsConfig {
  readonly failures: number
  readonly openForMs: number
}

/** Circuits that are closed are forgotten beyond so many origins: where a record chooses the host there may be any number. */
const MAX_CIRCUITS = 1000

interface Circuit {
  readonly breaker: CircuitBreaker
  /** Those who wait for a change. */
  readonly waiting: Set<() => void>
  /** Why it is open. */
  error?: MillraceError | undefined
}

/** A circuit for each origin. */
export class Circuits {
  readonly #circuits = new Map<string, Circuit>()
  readonly #config: CircuitsConfig
  readonly #scheduler: Scheduler
  readonly #logger: Logger

  constructor(config: CircuitsConfig, scheduler: Scheduler, logger: Logger) {
    this.#config = config
    this.#scheduler = scheduler
    this.#logger = logger
  }

  /** Undefined: not now; {@link changed} tells when to ask again. */
  tryEnter(origin: string): CircuitPermit | undefined {
    return this.#circuit(origin).breaker.tryEnter()
  }

  /** Resolves when it is worth asking again, when `signal` aborts, and after `withinMs`, which may be infinite. */
  async changed(origin: string, signal: AbortSignal, withinMs: number): Promise<void> {
    if (signal.aborted) return
    const { waiting } = this.#circuit(origin)
    await new Promise<void>((resolve) => {
      const cancel =
        withinMs === Infinity
          ? undefined
          : this.#scheduler.setTimer(withinMs, () => {
              done()
            })
      const done = (): void => {
        cancel?.()
        waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** What opened the circuit last. */
  errorOf(origin: string): MillraceError | undefined {
    return this.#circuits.get(origin)?.error
  }

  /** Forgets the timers. */
  close(): void {
    for (const { breaker } of this.#circuits.values()) breaker.close()
    this.#circuits.clear()
  }

  #circuit(origin: string): Circuit {
    const known = this.#circuits.get(origin)
    if (known !== undefined) return known
    this.#forgetSome()
    const waiting = new Set<() => void>()
    const breaker = new CircuitBreaker({
      config: this.#config,
      scheduler: this.#scheduler,
      onChange: (state, error) => {
        if (error !== undefined) circuit.error = error
        this.#tell(origin, state, error)
        for (const done of [...waiting]) done()
      },
    })
    const circuit: Circuit = { breaker, waiting }
    this.#circuits.set(origin, circuit)
    return circuit
  }

  #forgetSome(): void {
    if (this.#circuits.size < MAX_CIRCUITS) return
    for (const [origin, { breaker, waiting }] of this.#circuits) {
      if (breaker.state === 'closed' && waiting.size === 0) this.#circuits.delete(origin)
    }
  }

  #tell(origin: string, state: string, error: MillraceError | undefined): void {
    if (state === 'open') {
      this.#logger.warn('an HTTP target is asked no more for a while', {
        origin,
        openForMs: this.#config.openForMs,
        error: error?.message,
      })
    } else if (state === 'closed') {
      this.#logger.info('an HTTP target is asked again', { origin })
    }
  }
}
