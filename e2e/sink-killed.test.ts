import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import { rowsIn } from './sqlite-sink.testkit.ts'
import type { Counted, TopologyName } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

const INPUTS = 20_000
const KILLS = 5

interface Bed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly topic: string
  readonly file: string
  readonly start: (topology: TopologyName) => MemberProcess
}

async function bedOf(t: TestContext): Promise<Bed> {
  const cluster = new TestCluster(t)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
  cluster.defer(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'target.db')
  const topic = await cluster.createTopic('in', 3)
  let started = 0
  return {
    cluster,
    inputs: new Inputs(cluster),
    topic,
    file,
    start: (topology) =>
      cluster.startMember({
        topology,
        topics: { inputs: [topic], output: file },
        app: {
          applicationId: cluster.id,
          instanceId: `member-${started++ % 2}`,
          sessionTimeout: '6 seconds',
          heartbeatInterval: '300 ms',
          transactionTimeout: '10 seconds',
        },
      }),
  }
}

const batchesOf = (member: MemberProcess): number => member.metrics?.sinks['rows']?.batches ?? 0

/** Two members; one after the other is killed while it writes, and started again. */
async function killWhileWriting(
  { start, inputs, topic }: Bed,
  topology: TopologyName,
): Promise<MemberProcess[]> {
  const members = [start(topology), start(topology)]
  const steadily = inputs.writeSteadily([topic], 100)
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = members.shift()
    if (victim === undefined) break
    await victim.until('it writes', () => batchesOf(victim) > 3)
    await victim.kill()
    members.push(start(topology))
  }
  await steadily.stop()
  const missing = INPUTS - inputs.written.length
  if (missing > 0) await inputs.write([topic], missing)
  return members
}

describe('a member killed while its sink writes', { concurrency: 2 }, () => {
  test('what is read from a topic is in the target once', { timeout: 180_000 }, async (t) => {
    const bed = await bedOf(t)
    const members = await killWhileWriting(bed, 'to-sqlite')
    const { inputs, file } = bed
    await until('all is in the target', () => rowsIn(file).length >= inputs.written.length, {
      boundMs: 60_000,
      lastWords: () => members.map((member) => member.lastWords()).join('\n\n'),
    })
    for (const member of members) await member.terminate()
    const expected = inputs.written.map(({ key, id }) => `${key}|${id}`).sort()
    assert.deepEqual(
      rowsIn(file)
        .map(({ record_value: value }) => value)
        .sort(),
      expected,
    )
  })

  test(
    'counts behind an internal topic are in the target once',
    { timeout: 180_000 },
    async (t) => {
      const bed = await bedOf(t)
      const members = await killWhileWriting(bed, 'count-to-sqlite')
      const { inputs, file } = bed
      await until('all is in the target', () => rowsIn(file).length >= inputs.written.length, {
        boundMs: 60_000,
        lastWords: () => members.map((member) => member.lastWords()).join('\n\n'),
      })
      for (const member of members) await member.terminate()
      const counts = new Map<string, number>()
      for (const { record_key: key, record_value: value } of rowsIn(file)) {
        const { count } = JSON.parse(value) as Counted // Written by the topology.
        const before = counts.get(key) ?? 0
        assert.equal(count, before + 1, `${key}: ${count} after ${before}`)
        counts.set(key, count)
      }
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      assert.equal(total, inputs.written.length)
    },
  )
})
