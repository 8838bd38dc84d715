import {
  createConfluentKafka,
  type GroupConsumer,
  type KafkaAdmin,
  type KafkaPort,
  silentLogger,
  type TopicPartition,
} from '@millrace/core/internal'
import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PARTITIONS as OUTPUT_PARTITIONS } from '../input/input-topic.ts'
import { machineCpuSeconds } from '../run/proc.ts'
import { UsageError } from '../run/run-options.ts'
import { countingRecords, readOutput } from '../run/verify-output.ts'
import type { BurnSpec } from './app.ts'
import { roundsFor } from './burn.ts'

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const APP = fileURLToPath(new URL('app.ts', import.meta.url))
const PARTITIONS = 2
const MICROSECONDS = 50
const POLL_MS = 50
const SAMPLE_MS = 1000
const START_TIMEOUT_MS = 60_000
const RUN_TIMEOUT_MS = 300_000

interface Bench {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly brokers: string
  readonly records: number
  readonly rounds: number
}

/** `bench processes`: one CPU-bound operator under `millrace run`, with one process and with two. */
export async function processes(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { records: { type: 'string' } } })
  const records = Number(values.records ?? 200_000)
  if (!(records >= PARTITIONS)) throw new UsageError('--records must be a number of records')
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers === undefined) throw new UsageError('set KAFKA_BROKERS to host:port of a broker')
  const kafka = kafkaFor(brokers)
  const admin = kafka.admin({ clientId: 'bench-processes' })
  const bench = { kafka, admin, brokers, records, rounds: roundsFor(MICROSECONDS) }
  let isRight = true
  try {
    for (const members of [1, 2, 1, 2]) {
      const line = await measure(bench, members)
      isRight &&= line.verified
      process.stdout.write(`${JSON.stringify(line)}\n`)
    }
  } finally {
    await admin.close()
  }
  return isRight ? 0 : 3
}

function kafkaFor(brokers: string, overrides: Readonly<Record<string, string>> = {}): KafkaPort {
  return createConfluentKafka({ brokers: brokers.split(','), logger: silentLogger, overrides })
}

interface ProcessesLine {
  readonly workload: 'burn'
  readonly processes: number
  readonly cpus: number
  readonly microsecondsPerRecord: number
  readonly records: number
  readonly recordsPerSecond: number
  /** CPUs that were busy with other work in the second before. */
  readonly otherCpus: number
  readonly verified: boolean
}

async function measure(bench: Bench, members: number): Promise<ProcessesLine> {
  const { kafka, admin, brokers, records, rounds } = bench
  const applicationId = `bench-processes-${Date.now().toString(36)}`
  const spec: BurnSpec = {
    applicationId,
    brokers,
    rounds,
    input: `${applicationId}-in`,
    output: `${applicationId}-out`,
  }
  const topic = { replicationFactor: 1, config: {} }
  await admin.createTopics([
    { ...topic, topic: spec.input, partitions: PARTITIONS },
    { ...topic, topic: spec.output, partitions: OUTPUT_PARTITIONS },
  ])
  const child = start(spec, members)
  // Uncommitted offsets are of no interest, and the broker is not to hold the answer back for them.
  const group = kafkaFor(brokers, { 'isolation.level': 'read_uncommitted' }).groupConsumer({
    groupId: applicationId,
    clientId: 'bench-offsets',
    groupProtocol: 'classic',
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3000,
    maxPollIntervalMs: 300_000,
  })
  try {
    await untilAssigned(admin, applicationId, { members, child })
    const otherCpus = await busyCpus()
    await feed(kafka, spec.input, records)
    const recordsPerSecond = await steadyRate(group, spec.input, records)
    const found = await readOutput(kafka, admin, spec.output, countingRecords())
    return {
      workload: 'burn',
      processes: members,
      cpus: availableParallelism(),
      microsecondsPerRecord: MICROSECONDS,
      records,
      recordsPerSecond,
      otherCpus,
      verified: found.sum === records,
    }
  } finally {
    await group.close()
    await stop(child)
    await admin.deleteTopics([spec.input, spec.output])
  }
}

function start(spec: BurnSpec, members: number): ChildProcess {
  const options = ['--processes', `${members}`, '--status-interval', '0']
  const run = [MAIN, 'run', APP, ...options, '--', JSON.stringify(spec)]
  // Its standard output is not the result's.
  return spawn(process.execPath, [...process.execArgv, ...run], { stdio: ['ignore', 2, 2] })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Each member has its share: so the measurement has no rebalance in it. */
async function untilAssigned(
  admin: KafkaAdmin,
  group: string,
  { members, child }: { readonly members: number; readonly child: ChildProcess },
): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const found = await admin.describeGroup(group)
    const busy = found.filter(({ partitions }) => partitions.length === PARTITIONS / members)
    if (busy.length === members) return
    if (child.exitCode !== null) throw new Error('the members have ended')
    if (performance.now() > deadlineMs) throw new Error('the members have not started')
    await sleep(POLL_MS)
  }
}

async function busyCpus(): Promise<number> {
  const before = { cpuSeconds: machineCpuSeconds(), atMs: performance.now() }
  await sleep(SAMPLE_MS)
  const seconds = (performance.now() - before.atMs) / 1000
  return Math.round((100 * (machineCpuSeconds() - before.cpuSeconds)) / seconds) / 100
}

async function feed(kafka: KafkaPort, topic: string, records: number): Promise<void> {
  const producer = kafka.producer({ clientId: 'bench-feeder' })
  try {
    await producer.flush() // Connects: what is sent before that is kept, but not as much as follows.
    for (let n = 0; n < records; n++) {
      const value = Buffer.alloc(4)
      value.writeInt32BE(n)
      producer.send({
        topic,
        partition: n % PARTITIONS,
        key: Buffer.from(`k${n % 1000}`),
        value,
        timestampMs: Date.now(),
        headers: [],
      })
    }
    await producer.flush()
  } finally {
    await producer.close()
  }
}

/** Between the first commit that is seen from here and the last. */
async function steadyRate(group: GroupConsumer, topic: string, records: number): Promise<number> {
  const partitions: TopicPartition[] = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic,
    partition,
  }))
  const deadlineMs = performance.now() + RUN_TIMEOUT_MS
  let first: { readonly atMs: number; readonly committed: number } | undefined
  for (;;) {
    const offsets = await group.committed(partitions)
    const committed = offsets.reduce((sum, { offset }) => sum + (offset ?? 0), 0)
    const atMs = performance.now()
    if (committed > 0) first ??= { atMs, committed }
    if (first !== undefined && committed >= records) {
      return Math.round(((committed - first.committed) * 1000) / (atMs - first.atMs))
    }
    if (atMs > deadlineMs) throw new Error(`gave up with ${committed} records committed`)
    await sleep(POLL_MS)
  }
}
