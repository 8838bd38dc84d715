import type { SinkTier } from '@millrace/core'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { MemorySinkCall, MemorySinkFaults } from '../../../sink/memory-sink-faults.ts'
import type { SimulatedProcess } from '../../time/simulated-process.ts'

/** What the seed decides of a sink and its target. */
export interface SinkPlan {
  readonly tier: SinkTier
  /** True: rows are upserted by key, and an old write that comes late would be the last one. */
  readonly isUpserted: boolean
  readonly aligned: boolean
  readonly maxBatchesInFlight: number
  readonly maxRecords: number
  readonly lingerMs: number
  readonly bufferMaxBytes: number
  readonly transactionTimeoutMs: number
  readonly hasPoison: boolean
  readonly onRejected: 'dead-letter' | 'drop'
  readonly hasBreaker: boolean
  readonly trouble: SinkTrouble
}

/** What is wrong with the target and the way to it, while there are faults. */
export interface SinkTrouble {
  /** When nothing reaches it, in ms from the start. */
  readonly away: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** Share of steps at which the connection is severed, one in so many; 0 for none. */
  readonly cutOneIn: number
  /** Share of steps that are slow, one in so many; 0 for none. */
  readonly slowOneIn: number
  readonly slowMs: number
  readonly latencyMs: number
}

export function planSink(random: SeededRandom, isAligned = false): SinkPlan {
  const tier = random.pick([
    'transactional',
    'transactional',
    'transactional',
    'idempotent',
    'at-least-once',
  ] as const)
  const aligned = isAligned && tier === 'at-least-once' && random.below(2) === 0
  return {
    tier,
    isUpserted: tier === 'idempotent' && random.below(2) === 0,
    aligned,
    maxBatchesInFlight: tier === 'transactional' ? 1 : random.pick([1, 1, 3]),
    maxRecords: random.pick([1, 3, 10, 1000]),
    lingerMs: random.pick([0, 5, 50, 300]),
    bufferMaxBytes: random.pick([200, 2000, 1_000_000]),
    transactionTimeoutMs: random.pick([1000, 4000]),
    hasPoison: random.below(3) === 0,
    onRejected: random.pick(['dead-letter', 'dead-letter', 'drop']),
    hasBreaker: random.below(2) === 0,
    trouble: planTrouble(random),
  }
}

function planTrouble(random: SeededRandom): SinkTrouble {
  const away = Array.from({ length: random.pick([0, 0, 1, 2]) }, () => {
    const fromMs = random.below(8000)
    return { fromMs, toMs: fromMs + random.pick([50, 500, 3000]) }
  })
  return {
    away,
    cutOneIn: random.pick([0, 0, 50, 12]),
    slowOneIn: random.pick([0, 0, 30]),
    slowMs: random.pick([200, 2500, 12_000]),
    latencyMs: random.pick([1, 5, 60]),
  }
}

/** How long there are faults. */
const TROUBLE_MS = 8000
/** Where the clock of a simulation starts. */
const START_MS = 1_700_000_000_000

/**
 * The way of one process to the target: each step is a request or an answer of the simulation, so that the process may be
 * killed or stopped before it.
 */
export function sinkFaults(
  { away, cutOneIn, slowOneIn, slowMs, latencyMs }: SinkTrouble,
  random: SeededRandom,
  process: SimulatedProcess,
): MemorySinkFaults {
  return (call) => {
    const nowMs = process.nowMs() - START_MS
    const isTroubled = nowMs < TROUBLE_MS
    const isSlow = isTroubled && slowOneIn > 0 && random.below(slowOneIn) === 0
    const takesMs = random.below((isSlow ? slowMs : latencyMs) * 10 + 1) / 10
    const isAway = away.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
    const isCut = isTroubled && (isAway || (cutOneIn > 0 && random.below(cutOneIn) === 0))
    return { until: delivery(call, takesMs, process), isCut }
  }
}

/** The operations of {@link sinkFaults} and of the sink's group, as faults may wait for them. */
export const SINK_OPERATIONS = [
  'sink.open',
  'sink.claim',
  'sink.claim',
  'sink.write',
  'sink.write',
  'sink.write',
  'sink.transaction',
  'sink.transaction',
  'producer.produce',
  'producer.produce',
  'consumer.commit',
  'consumer.committed',
  'group.join',
] as const

function delivery(
  { operation, step }: MemorySinkCall,
  takesMs: number,
  process: SimulatedProcess,
): Promise<void> {
  return new Promise((resolve) => {
    if (step === 'before-write') process.request(takesMs, `sink.${operation}`, resolve)
    else if (step === 'before-commit') process.complete(takesMs, 'sink.transaction', resolve)
    else process.complete(takesMs, `sink.${operation}`, resolve)
  })
}
