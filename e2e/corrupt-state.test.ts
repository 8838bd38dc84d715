import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { starter, taskDirectory, temporaryDirectory } from './state.testkit.ts'

test('a task whose state cannot be read is restored, and the others keep theirs', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster, 5000)
  const topics = {
    inputs: [await cluster.createTopic('in', 3)],
    output: await cluster.createTopic('out', 3),
  }
  const stateDir = await temporaryDirectory(cluster)
  const start = starter(cluster, topics, { stateDir })
  const output = await CountedOutput.open(cluster, topics.output)
  await inputs.write(topics.inputs, 10_000)
  const first = start()
  await output.assertExact(inputs.written)
  await first.terminate()
  await writeFile(join(taskDirectory(cluster, stateDir, '0_1'), 'CURRENT'), 'no manifest\n')

  const { records } = await readChangelog(cluster, 'counts')
  const second = start()
  await second.untilState('running')
  const told = second.log.filter((line) => line.includes('deleted, and restored'))
  assert.equal(told.length, 1, second.lastWords())
  assert.match(told[0] ?? '', /^warn The state of task 0_1|^warn Opening .* task 0_1/)
  assert.deepEqual(
    second.restores.filter(({ phase }) => phase === 'end').map(({ taskId }) => taskId),
    ['0_1'],
  )
  assert.equal(second.recordsRestored, records.filter(({ partition }) => partition === 1).length)
  await inputs.write(topics.inputs, 10_000)
  await output.assertExact(inputs.written)
  await second.terminate()
})
