import { parseArgs } from 'node:util'

/** Topologies of Millrace. */
const TOPOLOGIES = ['passthrough', 'count', 'window', 'session', 'join'] as const

/** Loops over the Kafka client alone: all that `passthrough` asks of it, or only the reading half. */
const CLIENT_LOOPS = ['client', 'client-consume'] as const

export const WORKLOADS: readonly Workload[] = [...TOPOLOGIES, ...CLIENT_LOOPS]

export type TopologyWorkload = (typeof TOPOLOGIES)[number]
export type ClientWorkload = (typeof CLIENT_LOOPS)[number]
export type Workload = TopologyWorkload | ClientWorkload

/** What the measured process is told. */
export interface RunnerOptions {
  readonly workload: Workload
  readonly applicationId: string
  readonly brokers: string
  readonly input: string
  /** The topic of the table that a join looks up. */
  readonly users: string
  readonly output: string
  readonly guarantee: 'eos' | 'alos'
  readonly commitIntervalMs: number
  readonly value: 'raw' | 'json'
  readonly store: StoreKind
  /** Undefined: the library's default. */
  readonly cacheBytes: number | undefined
  /** For a store on disk; empty at the start. */
  readonly stateDir: string
}

export type StoreKind = 'memory' | 'rocksdb'

export interface RunOptions {
  readonly workload: Workload
  readonly brokers: string
  readonly records: number
  readonly guarantee: 'eos' | 'alos'
  readonly commitIntervalMs: number
  readonly value: 'raw' | 'json'
  readonly store: StoreKind
  /** Undefined: the library's default. */
  readonly cacheBytes: number | undefined
  readonly brokerPid: number | undefined
  readonly mayVerify: boolean
  readonly keep: boolean
  readonly timeoutSeconds: number
}

/** An argument that is wrong. Its message is for whoever typed it. */
export class UsageError extends Error {}

const OPTIONS = {
  bootstrap: { type: 'string' },
  records: { type: 'string', default: '2000000' },
  guarantee: { type: 'string', default: 'eos' },
  'commit-interval-ms': { type: 'string', default: '100' },
  value: { type: 'string', default: 'raw' },
  store: { type: 'string', default: 'memory' },
  cache: { type: 'string' },
  'broker-pid': { type: 'string' },
  'no-verify': { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  'timeout-seconds': { type: 'string', default: '900' },
} as const

/** @throws UsageError */
export function parseRunOptions(
  workload: Workload,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): RunOptions {
  const { values } = parseStrictly({ args: [...args], options: OPTIONS })
  const brokers = values.bootstrap ?? env['KAFKA_BROKERS']
  if (brokers === undefined) throw new UsageError('give --bootstrap, or set KAFKA_BROKERS')
  const guarantee = oneOf('guarantee', values.guarantee, ['eos', 'alos'])
  const value = oneOf('value', values.value, ['raw', 'json'])
  if (isClientLoop(workload) && (guarantee !== 'eos' || value !== 'raw')) {
    throw new UsageError('the client loops know --guarantee eos and --value raw only')
  }
  const { cache } = values
  const pid = values['broker-pid']
  return {
    workload,
    brokers,
    guarantee,
    value,
    store: oneOf('store', values.store, ['memory', 'rocksdb']),
    cacheBytes: cache === undefined ? undefined : cache === '0' ? 0 : positive('cache', cache),
    records: positive('records', values.records),
    commitIntervalMs: positive('commit-interval-ms', values['commit-interval-ms']),
    brokerPid: pid === undefined ? undefined : positive('broker-pid', pid),
    mayVerify: !values['no-verify'],
    keep: values.keep,
    timeoutSeconds: positive('timeout-seconds', values['timeout-seconds']),
  }
}

/** @throws UsageError */
export function workloadOf(name: string): Workload {
  return oneOf('workload', name, WORKLOADS)
}

/** True for a loop without a topology. */
export function isClientLoop(workload: Workload): workload is ClientWorkload {
  return CLIENT_LOOPS.some((loop) => loop === workload)
}

/** @throws UsageError where `parseArgs` throws a TypeError. */
export const parseStrictly: typeof parseArgs = (config) => {
  try {
    return parseArgs(config)
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error
  }
}

export function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new UsageError(`--${name} must be a positive integer, is ${text}`)
  }
  return value
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text)
  if (found === undefined) throw new UsageError(`${name} must be one of ${allowed.join(', ')}`)
  return found
}
