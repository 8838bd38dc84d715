import type { SinkContext, SinkRecord, TopicPartition } from '@millrace/core'
import { MillraceError } from '@millrace/core'
import { wait } from '@millrace/core/internal'
import type { MemorySinkCall, MemorySinkFaults, SinkStep } from './memory-sink-faults.ts'
import type { MemoryTarget, TargetTransaction } from './memory-target.ts'

/** How long a call that waits for another's transaction waits before it looks again. */
const LOCK_POLL_MS = 5

/** What a step is about. */
export interface ConnectionStep {
  readonly operation: MemorySinkCall['operation']
  readonly step: SinkStep
  readonly partition?: TopicPartition
  readonly records?: readonly SinkRecord<unknown, unknown>[]
  readonly signals?: readonly AbortSignal[]
}

/** The way of one process to a target, on which calls take time and fail. */
export class MemoryConnection<K, V> {
  readonly target: MemoryTarget<K, V>
  readonly #faults: MemorySinkFaults
  readonly #context: SinkContext
  readonly #transactions = new Set<TargetTransaction>()
  readonly #severed = new AbortController()

  constructor(of: {
    readonly target: MemoryTarget<K, V>
    readonly faults: MemorySinkFaults
    readonly context: SinkContext
  }) {
    this.target = of.target
    this.#faults = of.faults
    this.#context = of.context
  }

  get nowMs(): number {
    return this.#context.scheduler.nowMs()
  }

  /**
   * Goes through a step: it takes the time that the faults say.
   * @throws MillraceError `MR_SINK_UNAVAILABLE` for a cut, a target that is down, or a signal.
   */
  async step({
    operation,
    step,
    partition,
    records = [],
    signals = [],
  }: ConnectionStep): Promise<void> {
    const signal = AbortSignal.any([this.#severed.signal, ...signals])
    this.#check(signal)
    const { owner } = this.#context
    const place = { topic: partition?.topic ?? '', partition: partition?.partition ?? -1 }
    const fault = this.#faults({ operation, step, owner, ...place, records }) ?? {}
    if (fault.delayMs !== undefined) await wait(this.#context.scheduler, fault.delayMs, signal)
    if (fault.until !== undefined) await untilOrAborted(fault.until, signal)
    this.#check(signal)
    if (fault.isCut === true) throw unavailable(`The connection was severed ${step}`)
  }

  /** Asks again until there is an answer: another's transaction is in the way. */
  async whenUnlocked<T>(ask: () => T | undefined, signals: readonly AbortSignal[]): Promise<T> {
    const signal = AbortSignal.any([this.#severed.signal, ...signals])
    for (;;) {
      this.#check(signal)
      const answer = ask()
      if (answer !== undefined) return answer
      await wait(this.#context.scheduler, LOCK_POLL_MS, signal)
    }
  }

  /** Remembers a transaction that ends with the connection. */
  track(transaction: TargetTransaction): void {
    this.#transactions.add(transaction)
  }

  /** Ends a transaction, unless it is committed. */
  end(transaction: TargetTransaction): void {
    this.target.rollback(transaction)
    this.#transactions.delete(transaction)
  }

  /** As the end of the process: its transactions are rolled back. */
  sever(): void {
    this.#severed.abort()
    for (const transaction of this.#transactions) this.target.rollback(transaction)
    this.#transactions.clear()
  }

  #check(signal: AbortSignal): void {
    if (signal.aborted) throw unavailable('The call was given up')
    if (!this.target.isUp) throw unavailable('The target is down')
  }
}

function unavailable(message: string): MillraceError {
  return new MillraceError('MR_SINK_UNAVAILABLE', message, { hint: 'Try again.' })
}

async function untilOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  let stop: () => void = () => undefined
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
    signal.addEventListener('abort', stop, { once: true })
  })
  await Promise.race([promise, aborted])
  signal.removeEventListener('abort', stop)
}
