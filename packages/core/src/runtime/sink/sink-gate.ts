import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import {
  CircuitBreaker,
  type CircuitBreakerConfig,
  type CircuitPermit,
  type CircuitState,
} from '../../sink/circuit-breaker.ts'
import type { Scheduler } from '../../time/clock.ts'
import { TELL_AGAIN_MS } from './failure-log.ts'

export interface SinkGateParts {
  readonly sinkId: string
  /** Undefined: the gate is always open. */
  readonly config: CircuitBreakerConfig | undefined
  readonly scheduler: Scheduler
  readonly logger: Logger
}

const ALWAYS: CircuitPermit = {
  succeeded: () => undefined,
  failed: () => undefined,
  abandoned: () => undefined,
}

/** Where all that asks a sink's target passes: its circuit breaker, with those that wait for it. */
export class SinkGate {
  readonly #parts: SinkGateParts
  readonly #breaker: CircuitBreaker | undefined
  readonly #waiting = new Set<() => void>()
  #toldMs = -Infinity

  constructor(parts: SinkGateParts) {
    const { config, scheduler } = parts
    this.#parts = parts
    if (config === undefined) return
    this.#breaker = new CircuitBreaker({
      config,
      scheduler,
      onChange: (state, error) => {
        this.#tell(state, error)
        for (const changed of [...this.#waiting]) changed()
      },
    })
  }

  get state(): CircuitState {
    return this.#breaker?.state ?? 'closed'
  }

  /** Undefined: not now; a listener hears of it when it may be worth asking again. */
  tryEnter(): CircuitPermit | undefined {
    return this.#breaker === undefined ? ALWAYS : this.#breaker.tryEnter()
  }

  /** Calls `changed` after each change, until the function returned is called. */
  listen(changed: () => void): () => void {
    this.#waiting.add(changed)
    return () => {
      this.#waiting.delete(changed)
    }
  }

  /** Waits until it may be entered; undefined when `signal` aborts before. */
  async enter(signal: AbortSignal): Promise<CircuitPermit | undefined> {
    while (!signal.aborted) {
      const permit = this.tryEnter()
      if (permit !== undefined) return permit
      await this.#nextChange(signal)
    }
    return undefined
  }

  close(): void {
    this.#breaker?.close()
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        forget()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const forget = this.listen(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #tell(state: CircuitState, error: MillraceError | undefined): void {
    const { sinkId, logger, config, scheduler } = this.#parts
    const fields = { sink: sinkId, circuit: state }
    if (state === 'closed') {
      this.#toldMs = -Infinity
      logger.info(`sink ${sinkId}: the target is back, the circuit is closed`, fields)
    }
    if (state !== 'open') return
    const nowMs = scheduler.nowMs()
    const isDue = nowMs - this.#toldMs >= TELL_AGAIN_MS
    if (isDue) this.#toldMs = nowMs
    const seconds = (config?.openForMs ?? 0) / 1000
    logger[isDue ? 'warn' : 'debug'](
      `sink ${sinkId}: the target is down, the circuit is open: nothing is written for ${seconds} s, then one attempt is made`,
      { ...fields, code: error?.code, ...error?.at, hint: error?.hint, cause: error?.cause },
    )
  }
}
