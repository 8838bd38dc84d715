import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'
import { until } from './until.testkit.ts'

const PARTITIONS = 2
const KEYS = 50

/** Compacted only, as a changelog is by default, a topic keeps its records whatever is asked for. */
const DELETABLE = { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' }

interface Bed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly output: CountedOutput
  readonly stateDir: string
  readonly changelog: string
  readonly start: () => MemberProcess
  /** Writes inputs bit by bit, so that every key is in the changelog many times. */
  readonly count: (times: number) => Promise<void>
}

async function bed(cluster: TestCluster): Promise<Bed> {
  const inputs = new Inputs(cluster, KEYS)
  const topics = {
    inputs: [await cluster.createTopic('in', PARTITIONS)],
    output: await cluster.createTopic('out', PARTITIONS),
  }
  const changelog = `${cluster.id}-counts-changelog`
  await createChangelog(cluster, changelog)
  const stateDir = await temporaryDirectory(cluster)
  const output = await CountedOutput.open(cluster, topics.output)
  return {
    cluster,
    inputs,
    output,
    stateDir,
    changelog,
    start: starter(cluster, topics, { stateDir }),
    count: async (times) => {
      for (let i = 0; i < times; i++) {
        await inputs.write(topics.inputs, 2 * KEYS)
        await output.assertExact(inputs.written)
      }
    },
  }
}

async function createChangelog({ admin }: TestCluster, topic: string): Promise<void> {
  await admin.createTopics([
    { topic, partitions: PARTITIONS, replicationFactor: 1, config: DELETABLE },
  ])
}

/** Every store of the member was built anew, and it has said so. */
function assertBuiltAnew(member: MemberProcess, reason: string): void {
  const told = member.log.filter((line) => line.includes('is built anew'))
  assert.equal(told.length, PARTITIONS, member.lastWords())
  for (const line of told) assert.ok(line.includes(reason), line)
}

describe('a store that does not fit its changelog is built anew', { concurrency: true }, () => {
  test('when records were deleted that it has not seen', { timeout: 120_000 }, async (t) => {
    const cluster = new TestCluster(t)
    const { output, inputs, stateDir, changelog, start, count } = await bed(cluster)
    const first = start()
    await count(3)
    await first.terminate()
    // State as it was in a backup, on a disk that was away for a while.
    await cp(stateDir, `${stateDir}-old`, { recursive: true })
    cluster.defer(() => rm(`${stateDir}-old`, { recursive: true }))
    const before = await cluster.admin.listOffsets(
      [0, 1].map((partition) => ({ topic: changelog, partition })),
      'end',
    )
    const second = start()
    await count(10)
    await second.terminate()
    await rm(stateDir, { recursive: true })
    await cp(`${stateDir}-old`, stateDir, { recursive: true })
    // Every key comes after that again.
    await cluster.admin.deleteRecords(before.map((one) => ({ ...one, offset: one.offset + 40 })))

    const third = start()
    await third.untilState('running')
    assertBuiltAnew(third, 'records were deleted from its changelog that it has not seen')
    await count(1)
    await third.terminate()
    await output.assertExact(inputs.written)
  })

  test('when it was made anew, with as many records', { timeout: 120_000 }, async (t) => {
    const cluster = new TestCluster(t)
    const { output, inputs, changelog, start, count } = await bed(cluster)
    const first = start()
    await count(3)
    await first.terminate()
    const { records } = await readChangelog(cluster, 'counts')
    await cluster.admin.deleteTopics([changelog])
    await until('the changelog is gone', async () => {
      return (await cluster.admin.describeTopics([changelog])).length === 0
    })
    await createChangelog(cluster, changelog)
    const producer = cluster.kafka.producer({ clientId: 'e2e-changelog' })
    cluster.defer(() => producer.close())
    await producer.flush()
    for (const { topic, partition, key, value, timestamp, headers } of records) {
      producer.send({ topic, partition, key, value, timestampMs: timestamp, headers })
    }
    await producer.flush()

    const second = start()
    await second.untilState('running')
    assertBuiltAnew(second, 'its changelog was made anew')
    assert.equal(second.recordsRestored, records.length)
    await count(2)
    await second.terminate()
    await output.assertExact(inputs.written)
  })
})
