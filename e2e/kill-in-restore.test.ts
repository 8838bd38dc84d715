import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'

const KEYS = 20_000
/** In the middle of the changelog. */
const KILL_AT = 8000

test('a restore that is killed goes on where it was', { timeout: 120_000 }, async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster, KEYS)
  const topics = {
    inputs: [await cluster.createTopic('in', 1)],
    output: await cluster.createTopic('out', 1),
  }
  const stateDir = await temporaryDirectory(cluster)
  const start = starter(cluster, topics, { stateDir, instanceId: 'the-one' })
  const output = await CountedOutput.open(cluster, topics.output)
  await inputs.write(topics.inputs, KEYS)
  const first = start()
  await output.assertExact(inputs.written)
  await first.terminate()
  await rm(stateDir, { recursive: true })

  const { records } = await readChangelog(cluster, 'counts')
  const second = start(undefined, { killAtRestored: KILL_AT })
  assert.equal((await second.untilExit()).signal, 'SIGKILL', second.lastWords())
  const before = second.restores.at(-1)?.restored ?? 0
  assert.ok(before >= KILL_AT && before < records.length, `${before} records were restored`)

  const third = start()
  await third.untilState('running')
  assert.equal(third.recordsRestored, records.length - before)
  await inputs.write(topics.inputs, KEYS)
  await output.assertExact(inputs.written)
  await third.terminate()
})
