import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'

/** Much longer than the test may take: only a static member has its tasks back before that. */
const SESSION_MS = 60_000
const BOUND_MS = 15_000

test('a killed member that starts again has its tasks and its state back at once', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster, 20_000)
  const topics = {
    inputs: [await cluster.createTopic('in', 4)],
    output: await cluster.createTopic('out', 4),
  }
  const start = starter(cluster, topics, {
    stateDir: await temporaryDirectory(cluster),
    sessionTimeout: SESSION_MS,
  })
  const stays = start({ stateDir: await temporaryDirectory(cluster) })
  await stays.untilState('running')
  const output = await CountedOutput.open(cluster, topics.output)
  const killed = start()
  await killed.untilState('running')
  await stays.untilState('running')
  await inputs.write(topics.inputs, 40_000)
  await output.assertExact(inputs.written)
  const { rebalances } = stays.metrics ?? {}

  await killed.kill()
  const startMs = performance.now()
  const again = start()
  await again.untilState('running', BOUND_MS)
  t.diagnostic(`running ${Math.round(performance.now() - startMs)} ms after it was started`)
  await inputs.write(topics.inputs, 4000)
  await output.assertExact(inputs.written)
  assert.ok(again.recordsRestored < 5000, `${again.recordsRestored} records were restored`)
  assert.equal(stays.metrics?.rebalances, rebalances)
  await again.terminate()
  await stays.terminate()
})
