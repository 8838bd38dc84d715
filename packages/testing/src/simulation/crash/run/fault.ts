import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { CallFate, KafkaOperation } from '../../kafka/kafka-faults.ts'
import type { Delivery } from '../../time/virtual-scheduler.ts'

/** When a fault comes: at a time, or before a delivery, which is any await of the runtime. */
export type Trigger =
  | { readonly kind: 'time'; readonly atMs: number }
  /** Before the n-th delivery of all processes. */
  | { readonly kind: 'delivery'; readonly number: number }
  /** Before the n-th delivery of one operation in one phase. */
  | {
      readonly kind: 'operation'
      readonly operation: string
      readonly phase: Delivery['phase']
      readonly number: number
    }

/** What a process that comes after a killed one finds of its state. */
export type DiskFate = 'kept' | 'power-cut' | 'wiped' | 'corrupt' | 'other'

export type Fault =
  /** As kill -9, or a power cut; another process starts in its place. */
  | {
      readonly kind: 'kill'
      readonly restartMs: number
      readonly disk: DiskFate
      readonly sameIdentity: boolean
    }
  /** The process stands still, as if a long collection or a suspended machine; others take over. */
  | {
      readonly kind: 'pause'
      readonly forMs: number
      readonly successor: 'none' | 'same-identity' | 'new-identity'
    }
  /** One member more. */
  | { readonly kind: 'join' }
  /** Closes in order, and comes back later or not. */
  | { readonly kind: 'leave'; readonly restartMs: number | undefined }
  /** The next write of state finds no space. */
  | { readonly kind: 'disk-full' }
  /** What Kafka does; see {@link KafkaFault}. */
  | { readonly kind: 'kafka'; readonly fault: KafkaFault }

/** Faults between the processes and Kafka, and within Kafka. */
export type KafkaFault =
  /** One broker, or all of them, away for a while. */
  | { readonly kind: 'brokers-away'; readonly forMs: number; readonly ofAll: boolean }
  /** The next call of this operation takes effect, and its caller does not hear of it; or it does not. */
  | { readonly kind: 'lost'; readonly operation: KafkaOperation; readonly fate: CallFate }
  | { readonly kind: 'rebalance' }
  /** Decided transactions stay undecided for readers. */
  | { readonly kind: 'slow-markers'; readonly markerMs: number; readonly forMs: number }
  /** Restores read a few records at a time. */
  | { readonly kind: 'slow-restores'; readonly pollMs: number; readonly forMs: number }
  /** Between one process and all brokers. */
  | { readonly kind: 'slow-network'; readonly latencyMs: number; readonly forMs: number }

export interface PlannedFault {
  readonly trigger: Trigger
  readonly fault: Fault
}

/** Whether a process may go on, after it, with what others have taken over. */
export function makesZombies(fault: Fault): boolean {
  if (fault.kind === 'pause') return true
  if (fault.kind !== 'kafka') return false
  return fault.fault.kind === 'brokers-away' || fault.fault.kind === 'slow-network'
}

/** How long faults may come; then everything is mended. */
export const FAULT_PHASE_MS = 8000

/** Calls whose answer the caller needs. */
const LOSABLE_OPERATIONS = [
  'producer.commit',
  'producer.commit',
  'producer.sendOffsets',
  'producer.abort',
  'producer.init',
  'consumer.committed',
  'admin.listOffsets',
] as const satisfies readonly KafkaOperation[]

/** Operations at which something is decided: faults come there more often than elsewhere. */
const TELLING_OPERATIONS = [
  'admin.listOffsets',
  'admin.describeTopics',
  'consumer.committed',
  'consumer.position',
  'group.join',
  'group.leave',
  'producer.abort',
  'producer.begin',
  'producer.commit',
  'producer.commit',
  'producer.init',
  'producer.produce',
  'producer.sendOffsets',
  'producer.sendOffsets',
  'reader.poll',
  'reader.position',
  'state.apply',
  'state.open',
] as const

const MOST_FAULTS = 6

/** The faults of a run. */
export function planFaults(random: SeededRandom): readonly PlannedFault[] {
  const count = random.below(10) === 0 ? 0 : 1 + random.below(MOST_FAULTS)
  return Array.from({ length: count }, () => ({
    trigger: planTrigger(random),
    fault: planFault(random),
  }))
}

/** Faults at these operations, and no others; processes that stand still there are more frequent than elsewhere. */
export function planFaultsAt(
  random: SeededRandom,
  operations: readonly [string, ...string[]],
): readonly PlannedFault[] {
  return Array.from({ length: random.below(MOST_FAULTS) }, () => ({
    trigger: {
      kind: 'operation',
      operation: random.pick(operations),
      phase: random.pick(['request', 'response'] as const),
      number: 1 + random.below(random.pick([2, 10, 40])),
    },
    fault: planFaultAt(random),
  }))
}

function planFaultAt(random: SeededRandom): Fault {
  switch (random.below(8)) {
    case 0:
      return {
        kind: 'kafka',
        fault: { kind: 'lost', operation: 'consumer.commit', fate: 'answer-lost' },
      }
    case 1:
    case 2:
      return {
        kind: 'pause',
        forMs: random.pick([1500, 3000, 5000]),
        successor: random.pick(['none', 'none', 'same-identity', 'new-identity']),
      }
    case 3:
      // Kafka is slower than the target: what is told to both is in one of them when the process is killed.
      return {
        kind: 'kafka',
        fault: { kind: 'slow-network', latencyMs: random.pick([100, 1000]), forMs: 3000 },
      }
    default:
      return planFault(random)
  }
}

function planTrigger(random: SeededRandom): Trigger {
  switch (random.below(4)) {
    case 0:
      return { kind: 'time', atMs: random.below(FAULT_PHASE_MS) }
    case 1:
      // Few deliveries and many are equally likely: the start of a member has few.
      return { kind: 'delivery', number: Math.floor(Math.exp(random.below(900) / 100)) }
    default:
      return {
        kind: 'operation',
        operation: random.pick(TELLING_OPERATIONS),
        phase: random.pick(['request', 'response']),
        number: 1 + random.below(random.pick([2, 10, 40])),
      }
  }
}

function planFault(random: SeededRandom): Fault {
  const kind = random.below(20)
  if (kind < 8) {
    return {
      kind: 'kill',
      restartMs: random.pick([0, 50, 500, 3000]),
      disk: random.pick([
        'kept',
        'kept',
        'kept',
        'power-cut',
        'power-cut',
        'wiped',
        'corrupt',
        'other',
      ]),
      sameIdentity: random.below(2) === 0,
    }
  }
  if (kind < 11) {
    return {
      kind: 'pause',
      forMs: random.pick([300, 3000, 8000, 15_000]),
      successor: random.pick(['none', 'same-identity', 'new-identity']),
    }
  }
  if (kind < 12) return { kind: 'join' }
  if (kind < 13) {
    return { kind: 'leave', restartMs: random.pick([undefined, 10, 1000]) }
  }
  if (kind < 14) return { kind: 'disk-full' }
  return { kind: 'kafka', fault: planKafkaFault(random) }
}

function planKafkaFault(random: SeededRandom): KafkaFault {
  switch (random.below(7)) {
    case 0:
      return {
        kind: 'brokers-away',
        forMs: random.pick([200, 2000, 12_000]),
        ofAll: random.below(2) === 0,
      }
    case 1:
      return { kind: 'slow-markers', markerMs: random.pick([50, 500, 3000]), forMs: 4000 }
    case 2:
      return { kind: 'slow-restores', pollMs: random.pick([20, 200]), forMs: 3000 }
    case 3:
      return { kind: 'slow-network', latencyMs: random.pick([20, 300, 4000]), forMs: 3000 }
    case 4:
      return { kind: 'rebalance' }
    default:
      return {
        kind: 'lost',
        operation: random.pick(LOSABLE_OPERATIONS),
        fate: random.pick(['answer-lost', 'answer-lost', 'refused']),
      }
  }
}
