import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'

test('a member whose state directory is gone has its state from the changelog', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster, 5000)
  const topics = {
    inputs: [await cluster.createTopic('in', 3)],
    output: await cluster.createTopic('out', 3),
  }
  const stateDir = await temporaryDirectory(cluster)
  // Without its directory it is another process, of which the group knows nothing.
  const start = starter(cluster, topics, { stateDir, staticMembership: false })
  const output = await CountedOutput.open(cluster, topics.output)
  await inputs.write(topics.inputs, 10_000)
  const first = start()
  await output.assertExact(inputs.written)
  await first.terminate()
  await rm(stateDir, { recursive: true })

  const { records } = await readChangelog(cluster, 'counts')
  const second = start()
  await second.untilState('running')
  assert.equal(second.recordsRestored, records.length)
  await inputs.write(topics.inputs, 10_000)
  await output.assertExact(inputs.written)
  await second.terminate()
})
