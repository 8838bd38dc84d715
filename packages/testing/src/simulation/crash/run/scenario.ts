import type { AppOptions } from '@millrace/core'
import { SeededRandom } from '../../../contract/seeded-random.ts'
import type { CrashPart, InputRecord } from '../parts/crash-part.ts'
import type { SeededFaultsOptions } from '../../kafka/kafka-faults.ts'
import { chooseParts } from '../parts/topologies.ts'
import { FAULT_PHASE_MS, type PlannedFault, planFaults, planFaultsAt } from './fault.ts'

/** How a process keeps its state. */
export type StateKind = 'memory' | 'disk' | 'disk-async'

/** An input, and when it is given, in ms from the start. */
export interface PlannedInput {
  readonly record: InputRecord
  readonly atMs: number
}

/** Everything that the seed decides before the run begins. */
export interface Scenario {
  readonly seed: number
  readonly parts: readonly CrashPart[]
  /** Of the topology. */
  readonly optimization: 'none' | 'all'
  readonly members: number
  readonly state: StateKind
  /** Deleted ranges reach the disk before the rest of an apply. */
  readonly splitsRanges: boolean
  /** False: their names are those that their disks keep. */
  readonly hasNames: boolean
  /** How the cluster is when nothing is wrong with it. */
  readonly kafka: SeededFaultsOptions
  readonly rebalanceProtocol: 'cooperative' | 'eager'
  readonly options: Partial<AppOptions>
  readonly faults: readonly PlannedFault[]
  /** In the order in which they are given. */
  readonly inputs: readonly PlannedInput[]
}

export interface ScenarioOptions {
  readonly seed: number
  /** @defaultValue one or several by the seed */
  readonly topology?: string | undefined
}

const LONGEST_INPUT_PAUSE_MS = 200

/** Each use has numbers of its own, so that one more in one place does not change all others. */
export function streamOf(seed: number, use: number): SeededRandom {
  const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(use, 0x85ebca6b))
  random.below(2)
  return random
}

export function planScenario({ seed, topology }: ScenarioOptions): Scenario {
  const random = streamOf(seed, 1)
  const cacheMaxBytes = random.pick([0, 0, 600, 1_000_000])
  const isCached = cacheMaxBytes > 0
  const parts = chooseParts({
    random: streamOf(seed, 2),
    sinkRandom: streamOf(seed, 8),
    topology,
    isCached,
  })
  const options: Partial<AppOptions> = {
    cacheMaxBytes,
    commitInterval: random.pick([10, 50, 100, 500]),
    transactionTimeout: random.pick([3000, 10_000]),
    groupProtocol: random.pick(['classic', 'classic', 'consumer']),
    sessionTimeout: 6000,
    heartbeatInterval: 1500,
    maxPollInterval: 10_000,
    numStandbyReplicas: random.pick([0, 0, 0, 1]),
    maxTaskIdle: random.pick([0, 0, -1, 50]),
    staticMembership: random.below(4) === 0,
    repartitionPurgeInterval: random.pick([300, 30_000]),
  }
  return {
    seed,
    parts,
    optimization: streamOf(seed, 5).pick(['none', 'none', 'all']),
    kafka: {
      seed,
      latencyMs: random.pick([
        [0.2, 2],
        [0.2, 2],
        [0.1, 30],
      ]),
      markerDelayMs: random.pick([
        [0.1, 5],
        [0.1, 100],
        [0.1, 800],
      ]),
    },
    rebalanceProtocol: random.pick(['cooperative', 'cooperative', 'eager']),
    hasNames: random.below(2) === 0,
    members: 1 + random.below(3),
    state: random.pick(['memory', 'disk', 'disk-async']),
    splitsRanges: random.below(2) === 0,
    options: Object.assign(options, ...parts.map((part) => part.options ?? {})) as typeof options,
    faults: [...planFaults(streamOf(seed, 3)), ...faultsOfParts(parts, streamOf(seed, 7))],
    inputs: planInputs(parts, streamOf(seed, 4)),
  }
}

function faultsOfParts(parts: readonly CrashPart[], random: SeededRandom): readonly PlannedFault[] {
  return parts.flatMap(({ operations }) =>
    operations === undefined ? [] : planFaultsAt(random, operations),
  )
}

/**
 * Some inputs are there before the app is; the others come in bursts while faults do. The parts take
 * turns at random, each in its own order.
 */
function planInputs(parts: readonly CrashPart[], random: SeededRandom): readonly PlannedInput[] {
  const waiting = parts.map(({ inputs }) => [...inputs].reverse())
  const count = waiting.reduce((sum, inputs) => sum + inputs.length, 0)
  const before = random.below(3) === 0 ? random.below(count + 1) : 0
  const planned: PlannedInput[] = []
  let atMs = 0
  while (planned.length < count) {
    const record = waiting[random.below(waiting.length)]?.pop()
    if (record === undefined) continue
    if (planned.length >= before && random.below(3) === 0)
      atMs = Math.min(atMs + random.below(LONGEST_INPUT_PAUSE_MS), FAULT_PHASE_MS)
    planned.push({ record, atMs })
  }
  return planned
}
