import { createConfluentKafka, type KafkaPort, silentLogger } from '@millrace/core/internal'
import { NO_HEADERS } from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic, PARTITIONS } from '../input/input-topic.ts'
import { parseStrictly, positive, UsageError } from '../run/run-options.ts'
import type { RestartMemberOptions } from './restart-member.ts'
import { RestartProcess, type Start } from './restart-process.ts'

const VALUE_BYTES = 100
const FLUSH_RECORDS = 100_000
const LOOK_EVERY_MS = 200

const OPTIONS = {
  bootstrap: { type: 'string' },
  keys: { type: 'string', default: '1000000' },
  'memory-mb': { type: 'string', default: '256' },
  'timeout-seconds': { type: 'string', default: '600' },
} as const

interface RestartRun {
  readonly kafka: KafkaPort
  readonly keys: number
  readonly timeoutMs: number
  readonly member: RestartMemberOptions
}

/**
 * What a crash costs: fills a RocksDB store with `--keys` keys, kills the process, and starts it again
 * on the same state directory, then on an empty one.
 */
export async function restart(args: readonly string[]): Promise<number> {
  const { values } = parseStrictly({ args: [...args], options: OPTIONS })
  const brokers = values.bootstrap ?? process.env['KAFKA_BROKERS']
  if (brokers === undefined) throw new UsageError('give --bootstrap, or set KAFKA_BROKERS')
  const applicationId = `bench-restart-${Date.now().toString(36)}`
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const memoryMb = positive('memory-mb', values['memory-mb'])
  const run: RestartRun = {
    kafka: createConfluentKafka({
      brokers: brokers.split(','),
      logger: silentLogger,
      overrides: {},
    }),
    keys: positive('keys', values.keys),
    timeoutMs: positive('timeout-seconds', values['timeout-seconds']) * 1000,
    member: {
      brokers,
      applicationId,
      input: `${applicationId}-in`,
      stateDir,
      memoryBytes: memoryMb * 1024 * 1024,
    },
  }
  const admin = run.kafka.admin({ clientId: 'bench' })
  try {
    await createTopic(admin, run.member.input)
    await fill(run)
    process.stdout.write(`${JSON.stringify({ keys: run.keys, memoryMb, ...(await lives(run)) })}\n`)
  } finally {
    const topics = await admin.listTopics()
    await admin.deleteTopics(topics.filter((topic) => topic.startsWith(applicationId)))
    await admin.close()
    await rm(stateDir, { recursive: true, force: true })
  }
  return 0
}

interface Lives {
  readonly changelogRecords: number
  readonly fill: { readonly seconds: number; readonly maxRssMb: number }
  readonly afterKill: Start & { readonly shareOfChangelog: number; readonly maxRssMb: number }
  readonly afterWipe: Start & { readonly recordsPerSecond: number; readonly maxRssMb: number }
}

async function lives(run: RestartRun): Promise<Lives> {
  const filled = await live(run, async () => {
    const startMs = performance.now()
    await caughtUp(run)
    return (performance.now() - startMs) / 1000
  })
  const changelogRecords = await changelogLength(run)
  const afterKill = await live(run, () => Promise.resolve())
  await rm(run.member.stateDir, { recursive: true, force: true })
  const afterWipe = await live(run, () => Promise.resolve())
  return {
    changelogRecords,
    fill: { seconds: filled.result, maxRssMb: filled.maxRssMb },
    afterKill: {
      ...afterKill.start,
      shareOfChangelog: afterKill.start.recordsRestored / changelogRecords,
      maxRssMb: afterKill.maxRssMb,
    },
    afterWipe: {
      ...afterWipe.start,
      recordsPerSecond: Math.round(
        afterWipe.start.recordsRestored / afterWipe.start.restoreSeconds,
      ),
      maxRssMb: afterWipe.maxRssMb,
    },
  }
}

/** One life of the member, which ends by SIGKILL. */
async function live<T>(
  { member }: RestartRun,
  during: () => Promise<T>,
): Promise<{ readonly start: Start; readonly result: T; readonly maxRssMb: number }> {
  const life = new RestartProcess(member)
  try {
    const start = await life.started
    const result = await during()
    return { start, result, maxRssMb: life.maxRssMb }
  } finally {
    await life.kill()
  }
}

async function fill({ kafka, keys, member }: RestartRun): Promise<void> {
  process.stderr.write(`writing ${keys} keys\n`)
  const producer = kafka.producer({ clientId: 'bench-keys' })
  try {
    for (let i = 0; i < keys; i++) {
      producer.send({
        topic: member.input,
        partition: undefined,
        key: Buffer.from(`key-${i}`),
        value: Buffer.alloc(VALUE_BYTES, i % 251),
        timestampMs: Date.now(),
        headers: NO_HEADERS,
      })
      if (i % FLUSH_RECORDS === 0) await producer.flush()
    }
    await producer.flush()
  } finally {
    await producer.close()
  }
}

async function caughtUp({ kafka, keys, member, timeoutMs }: RestartRun): Promise<void> {
  const group = kafka.groupConsumer({
    groupId: member.applicationId,
    clientId: 'bench-offsets',
    groupProtocol: 'classic',
    groupInstanceId: undefined,
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3000,
    maxPollIntervalMs: 300_000,
  })
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: member.input,
    partition,
  }))
  try {
    for (const endMs = performance.now() + timeoutMs; performance.now() < endMs;) {
      const offsets = await group.committed(partitions)
      if (offsets.reduce((sum, { offset }) => sum + (offset ?? 0), 0) >= keys) return
      await sleep(LOOK_EVERY_MS)
    }
    throw new Error(`gave up after ${timeoutMs} ms`)
  } finally {
    await group.close()
  }
}

/** Records and commit markers: the offsets that a whole restore goes through. */
async function changelogLength({ kafka, member }: RestartRun): Promise<number> {
  const admin = kafka.admin({ clientId: 'bench-changelog' })
  try {
    const topic = `${member.applicationId}-latest-changelog`
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
    const ends = await admin.listOffsets(partitions, 'end')
    return ends.reduce((sum, { offset }) => sum + offset, 0)
  } finally {
    await admin.close()
  }
}
