import { type KafkaAdmin, type KafkaPort, silentLogger } from '@millrace/core/internal'
import { createConfluentKafka, type GroupConsumer } from '@millrace/core/internal'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createTopic,
  ensureInput,
  ensureUsers,
  type InputTopic,
  inputTopicName,
  USERS_TOPIC,
} from '../input/input-topic.ts'
import { MeasuredProcess } from './measured-process.ts'
import { machineCpuSeconds, maxRssMb, processCpuSeconds, threadCpuSeconds } from './proc.ts'
import { type Observation, type ResultLine, resultLine, type Verification } from './result-line.ts'
import { type RunOptions, UsageError } from './run-options.ts'
import { readOutput, summing } from './verify-output.ts'

/** The resolution of the times. */
const POLL_MS = 50

export interface RunResult {
  readonly line: ResultLine
  /** CPU seconds by thread name, from the birth of the measured process to the end of the run. */
  readonly threads: ReadonlyMap<string, number>
}

interface Run {
  readonly options: RunOptions
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly input: InputTopic
  readonly applicationId: string
  readonly output: string
}

/**
 * Runs one workload over the whole input in a process of its own, and measures it from outside: by
 * the committed offsets of its group, which are what exactly-once promises.
 *
 * @throws when the run fails or takes too long
 */
export async function run(
  options: RunOptions,
  nodeOptions: readonly string[] = [],
): Promise<RunResult> {
  const kafka = kafkaFor(options.brokers)
  const admin = kafka.admin({ clientId: 'bench' })
  const applicationId = `bench-${options.workload}-${Date.now().toString(36)}`
  const output = `${applicationId}-out`
  try {
    const topic = inputTopicName(options.records)
    const input = await ensureInput(kafka, admin, topic, options.records)
    if (input.records < options.records) {
      throw new UsageError(`${topic} holds ${input.records} records, fewer than --records`)
    }
    if (options.workload === 'join') await ensureUsers(kafka, admin)
    await createTopic(admin, output)
    return await measure({ options, kafka, admin, input, applicationId, output }, nodeOptions)
  } finally {
    if (!options.keep) await deleteTopicsOf(admin, applicationId)
    await admin.close()
  }
}

async function measure(run: Run, nodeOptions: readonly string[]): Promise<RunResult> {
  const { options, applicationId, output, input } = run
  const { workload, guarantee, value, store, cacheBytes, commitIntervalMs, brokers } = options
  const common = { workload, guarantee, value, store, commitIntervalMs }
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const measured = await MeasuredProcess.create(
    {
      ...common,
      ...{ cacheBytes, stateDir, brokers, applicationId, output },
      input: input.topic,
      users: USERS_TOPIC,
    },
    nodeOptions,
  )
  // Uncommitted offsets are of no interest, and the broker is not to hold the answer back for them.
  const group = kafkaFor(brokers, { 'isolation.level': 'read_uncommitted' }).groupConsumer({
    groupId: applicationId,
    clientId: 'bench-offsets',
    groupProtocol: 'classic',
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3000,
    maxPollIntervalMs: 300_000,
  })
  let seen: { readonly observation: Observation; readonly threads: ReadonlyMap<string, number> }
  try {
    seen = await observe(run, measured, group)
  } finally {
    await group.close()
    await measured.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
  const verification = options.mayVerify ? await verify(run, seen.observation.records) : {}
  const settings = {
    ...common,
    peer: 'millrace',
    version: version(),
    cacheBytes: cacheBytes ?? ('default' as const),
  }
  return { line: resultLine(settings, seen.observation, verification), threads: seen.threads }
}

async function observe(
  run: Run,
  measured: MeasuredProcess,
  group: GroupConsumer,
): Promise<{ observation: Observation; threads: ReadonlyMap<string, number> }> {
  const { options, input } = run
  const partitions = input.endOffsets.map((_, partition) => ({ topic: input.topic, partition }))
  await group.committed(partitions) // Connects, which is not to be part of the measurement.
  const before = cpuTimes(measured.pid, options.brokerPid)
  const startMs = performance.now()
  measured.start()
  let first: { readonly seconds: number; readonly records: number } | undefined
  for (;;) {
    await sleep(POLL_MS)
    const offsets = await group.committed(partitions)
    const records = offsets.reduce((sum, { offset }) => sum + (offset ?? 0), 0)
    const seconds = (performance.now() - startMs) / 1000
    if (records > 0) first ??= { seconds, records }
    if (records >= options.records) {
      const after = cpuTimes(measured.pid, options.brokerPid)
      const observation = {
        records,
        wallSeconds: seconds,
        firstCommitSeconds: first?.seconds ?? seconds,
        firstCommitRecords: first?.records ?? records,
        maxRssMb: maxRssMb(measured.pid),
        ...cpuBetween(before, after),
      }
      return { observation, threads: threadCpuSeconds(measured.pid) }
    }
    if (measured.hasExited) throw new Error('the measured process has ended before its time')
    if (seconds > options.timeoutSeconds) {
      throw new Error(`gave up after ${options.timeoutSeconds} s with ${records} records committed`)
    }
  }
}

interface CpuTimes {
  readonly measured: number
  readonly broker: number | undefined
  readonly machine: number
  /** This process: it measures, and belongs neither to what is measured nor to the others. */
  readonly own: number
}

function cpuTimes(pid: number, brokerPid: number | undefined): CpuTimes {
  return {
    measured: processCpuSeconds(pid),
    broker: brokerPid === undefined ? undefined : processCpuSeconds(brokerPid),
    machine: machineCpuSeconds(),
    own: processCpuSeconds(process.pid),
  }
}

function cpuBetween(
  before: CpuTimes,
  after: CpuTimes,
): Pick<Observation, 'cpuSeconds' | 'brokerCpuSeconds' | 'otherCpuSeconds'> {
  const broker = (after.broker ?? 0) - (before.broker ?? 0)
  const known = after.measured - before.measured + broker + after.own - before.own
  return {
    cpuSeconds: after.measured,
    brokerCpuSeconds: after.broker === undefined ? undefined : broker,
    otherCpuSeconds: after.machine - before.machine - known,
  }
}

async function verify(run: Run, records: number): Promise<Verification> {
  const { options, kafka, admin, output, input } = run
  if (options.workload === 'client-consume') return {}
  const found = await readOutput(kafka, admin, output, summing(options.workload))
  if (records !== input.records) return { outputRecords: found.records, verified: 'partial' }
  const { sum } = found
  // At least once may repeat records; it may not lose any.
  const isRight = options.guarantee === 'eos' ? sum === records : sum >= records
  if (!isRight) process.stderr.write(`the output is wrong: expected ${records}, found ${sum}\n`)
  return { outputRecords: found.records, verified: isRight }
}

function kafkaFor(brokers: string, overrides: Readonly<Record<string, string>> = {}): KafkaPort {
  return createConfluentKafka({ brokers: brokers.split(','), logger: silentLogger, overrides })
}

async function deleteTopicsOf(admin: KafkaAdmin, applicationId: string): Promise<void> {
  try {
    const topics = await admin.listTopics()
    await admin.deleteTopics(topics.filter((topic) => topic.startsWith(applicationId)))
  } catch (error) {
    // The result counts all the same.
    process.stderr.write(`the topics of ${applicationId} are left: ${String(error)}\n`)
  }
}

function version(): string {
  const url = new URL(import.meta.resolve('@millrace/core/package.json'))
  // npm's own metadata, of which only the version is read.
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version
}
