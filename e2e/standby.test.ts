import type { KafkaPort } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import { Fleet, type FleetOptions } from './standby.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'
import { PATIENCE_MS } from './until.testkit.ts'

const PARTITIONS = 4
/** A changelog that takes a while to read, so that a copy of it is worth something. */
const KEYS = 100_000

interface Bed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly topics: FleetOptions['topics']
  readonly output: CountedOutput
}

async function openBed(cluster: TestCluster, keys: number): Promise<Bed> {
  const topics = {
    inputs: [await cluster.createTopic('in', PARTITIONS)],
    output: await cluster.createTopic('out', PARTITIONS),
  }
  const output = await CountedOutput.open(cluster, topics.output)
  return { cluster, inputs: new Inputs(cluster, keys), topics, output }
}

/** While the gate is shut nothing comes to the reader of standbys. */
function withGate(kafka: KafkaPort, gate: { readonly isShut: boolean }): KafkaPort {
  return {
    ...kafka,
    reader: (options) => {
      const reader = kafka.reader(options)
      const poll = reader.poll.bind(reader)
      if (options.clientId.endsWith('-standby')) {
        reader.poll = (...args) =>
          gate.isShut ? Promise.resolve({ records: [], ends: [] }) : poll(...args)
      }
      return reader
    },
  }
}

function standbysOf(member: MemberProcess): string[] {
  return Object.keys(member.metrics?.standbyLag ?? {}).sort()
}

describe('standby tasks', { concurrency: 2 }, () => {
  for (const [where, isOnDisk] of [
    ['in memory', false],
    ['on disk', true],
  ] as const) {
    test(`${where}: when one of two members is killed, the other restores only the difference`, async (t) => {
      const { cluster, inputs, topics, output } = await openBed(new TestCluster(t), KEYS)
      const fleet = new Fleet(cluster, { topics, isOnDisk })
      await inputs.write(topics.inputs, KEYS)
      const killed = await fleet.join('killed')
      const survivor = await fleet.join('survivor')
      await output.assertExact(inputs.written)
      await fleet.untilCovered(PARTITIONS, ['killed', 'survivor'])
      const writing = inputs.writeSteadily(topics.inputs, 50)
      await killed.untilProcessed(500)
      const before = survivor.recordsRestored
      await killed.kill()

      await survivor.untilLogged('"reason":"promoted"')
      await survivor.until('all tasks run', () => standbysOf(survivor).length === 0)
      await survivor.untilState('running')
      await writing.stop()
      await output.assertExact(inputs.written)
      const { records } = await readChangelog(cluster, 'counts')
      const restored = survivor.recordsRestored - before
      assert.ok(records.length >= KEYS)
      assert.ok(restored < records.length / 100, `${restored} of ${records.length} were restored`)
      t.diagnostic(`${restored} of ${records.length} changelog records were restored`)
      await survivor.terminate()
    })
  }

  test('a copy of a member that is killed in its transaction holds nothing of it', async (t) => {
    const { cluster, inputs, topics, output } = await openBed(new TestCluster(t), 500)
    const fleet = new Fleet(cluster, { topics, settings: { maxUncommittedBytes: 20_000 } })
    await fleet.join('survivor')
    const harm = { point: 'commit', when: 'before', afterRecords: 4000, signal: 'SIGKILL' } as const
    const killed = await fleet.join('killed', { harm })
    await inputs.write(topics.inputs, 1000)
    await output.assertExact(inputs.written)
    await fleet.untilCovered(PARTITIONS, ['killed', 'survivor'])
    const writing = inputs.writeSteadily(topics.inputs, 20)
    assert.equal((await killed.untilExit()).signal, 'SIGKILL', killed.lastWords())
    await writing.stop()
    await output.assertExact(inputs.written, 2 * PATIENCE_MS)
  })

  test('a copy that is behind when its task comes is restored before anything is processed', async (t) => {
    const { cluster, inputs, topics, output } = await openBed(new TestCluster(t), 2000)
    const fleet = new Fleet(cluster, { topics })
    const gate = { isShut: false }
    const first = await fleet.join('first')
    const second = new TestApp(cluster, TOPOLOGIES.count(topics), {
      instanceId: 'second',
      numStandbyReplicas: 1,
      staticMembership: false,
      port: (kafka) => withGate(kafka, gate),
    })
    await inputs.write(topics.inputs, 4000)
    await output.assertExact(inputs.written)
    await fleet.untilCovered(PARTITIONS, ['first', 'second'])

    gate.isShut = true
    await inputs.write(topics.inputs, 4000)
    await output.assertExact(inputs.written)
    const lag = (): number => {
      return Object.values(second.app.metrics().standbyLag).reduce((sum, one) => sum + one, 0)
    }
    await second.until('its copies are behind', () => lag() >= 1000)
    const behind = lag()
    const before = second.app.metrics().recordsRestored
    await first.terminate()
    await second.until('its copies are active', () => lag() === 0)
    await inputs.write(topics.inputs, 4000)
    await output.assertExact(inputs.written)
    const restored = second.app.metrics().recordsRestored - before
    // The rest is commit markers.
    assert.ok(
      restored >= behind / 2 && restored <= behind,
      `${restored} restored, ${behind} behind`,
    )
    await second.app.close()
  })

  test('three members have one copy of each task, through a kill, a leave and a join', async (t) => {
    const { cluster, inputs, topics, output } = await openBed(new TestCluster(t), 1000)
    const fleet = new Fleet(cluster, { topics })
    const [a, b, c] = [await fleet.join('a'), await fleet.join('b'), await fleet.join('c')]
    const writing = inputs.writeSteadily(topics.inputs, 20)
    await fleet.untilCovered(PARTITIONS, ['a', 'b', 'c'])

    await b.kill()
    await fleet.untilCovered(PARTITIONS, ['a', 'c'])
    await a.terminate()
    assert.equal((await fleet.words()).get('a'), undefined, 'it says farewell')
    await c.until('it has all tasks', () => standbysOf(c).length === 0)
    await c.untilState('running')

    const d = await fleet.join('d')
    await fleet.untilCovered(PARTITIONS, ['c', 'd'])
    await c.until('two copies', () => standbysOf(c).length === PARTITIONS / 2)
    await d.until('two copies', () => standbysOf(d).length === PARTITIONS / 2)
    await writing.stop()
    await output.assertExact(inputs.written)
    await Promise.all([c.terminate(), d.terminate()])
    const words = await fleet.words()
    assert.deepEqual([words.get('c'), words.get('d')], [undefined, undefined])
  })

  test('an app without standbys has no topic of members', async (t) => {
    const { cluster, inputs, topics, output } = await openBed(new TestCluster(t), 10)
    const fleet = new Fleet(cluster, { topics, settings: { numStandbyReplicas: 0 } })
    await inputs.write(topics.inputs, 100)
    const member = await fleet.join('a')
    await output.assertExact(inputs.written)
    const names = await cluster.admin.listTopics()
    assert.equal(names.includes(`${cluster.id}-millrace-members`), false)
    await member.terminate()
  })
})
