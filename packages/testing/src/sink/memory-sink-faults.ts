import type { SinkRecord } from '@millrace/core'

/**
 * Where a call of a sink is on its way.
 * - `before-write`: nothing of it has reached the target.
 * - `before-commit`: the target has all of it, and nothing has taken effect.
 * - `after-commit`: it has taken effect, and the sink has not been told.
 */
export type SinkStep = 'before-write' | 'before-commit' | 'after-commit'

/** What a fault plan may decide by. */
export interface MemorySinkCall {
  readonly operation: 'open' | 'claim' | 'write'
  /** An open has the first step only. */
  readonly step: SinkStep
  readonly owner: string
  /** Empty for an open. */
  readonly topic: string
  /** -1 for an open. */
  readonly partition: number
  /** Of the batch; none for an open and a claim. */
  readonly records: readonly SinkRecord<unknown, unknown>[]
}

/** What happens to a call at a step. */
export interface MemorySinkFault {
  /** How long the step takes. @defaultValue 0 */
  readonly delayMs?: number
  /** The step lasts until then, whatever else: a stall. */
  readonly until?: Promise<unknown>
  /** True: the connection is severed at this step, after the delay. @defaultValue false */
  readonly isCut?: boolean
}

/** Decides what goes wrong, at each step of each call, in order; nothing for a step that just happens. */
export type MemorySinkFaults = (call: MemorySinkCall) => MemorySinkFault | undefined

/** Options of {@link seededSinkFaults}. */
export interface SeededSinkFaultsOptions {
  /** In [0, 1); what a seed makes, so that a run can be repeated. */
  readonly random: () => number
  /** Share of steps at which the connection is severed. @defaultValue 0.02 */
  readonly cut?: number
  /** Share of steps that are slow. @defaultValue 0.02 */
  readonly slow?: number
  /** How long a slow step takes at most. @defaultValue 2000 */
  readonly slowMs?: number
  /** How long any other takes at most. @defaultValue 3 */
  readonly latencyMs?: number
}

/** Cuts and delays at any step, by chance: each of the outcomes that a writer may have to find out about. */
export function seededSinkFaults(options: SeededSinkFaultsOptions): MemorySinkFaults {
  const { random, cut = 0.02, slow = 0.02, slowMs = 2000, latencyMs = 3 } = options
  return () => ({
    isCut: random() < cut,
    delayMs: random() * (random() < slow ? slowMs : latencyMs),
  })
}
