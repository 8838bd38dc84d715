import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { rowsIn } from './sqlite-sink.testkit.ts'
import { until } from './until.testkit.ts'

const INPUTS = 5000
/** Longer than the session of the sink's group. */
const OUTAGE_MS = 8000

test('a sink goes on by itself when the broker is back', { timeout: 120_000 }, async (t) => {
  const { cluster, broker } = await TestCluster.withOwnBroker(t)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
  cluster.defer(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'target.db')
  const inputs = new Inputs(cluster)
  const topic = await cluster.createTopic('in', 3)
  await inputs.write([topic], INPUTS)
  const member = cluster.startMember({
    topology: 'to-sqlite',
    topics: { inputs: [topic], output: file },
    app: { applicationId: cluster.id, sessionTimeout: 6000, heartbeatInterval: 300 },
  })
  const untilAllIsThere = (): Promise<unknown> =>
    until('all is in the target', () => rowsIn(file).length >= inputs.written.length, {
      lastWords: () => member.lastWords(),
    })
  await untilAllIsThere()
  await inputs.disconnect()

  await broker.kill('SIGTERM')
  await sleep(OUTAGE_MS)
  await broker.restart()

  await inputs.write([topic], INPUTS)
  await untilAllIsThere()
  assert.ok(!member.states.includes('error'), member.lastWords())
  await member.terminate()
  const expected = inputs.written.map(({ key, id }) => `${key}|${id}`)
  assert.deepEqual(
    rowsIn(file)
      .map(({ record_value: value }) => value)
      .sort(),
    expected.sort(),
  )
})
