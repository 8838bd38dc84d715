import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { mountedDirectory, NO_MOUNT } from './mount.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'

describe('a state directory that cannot be had', { concurrency: true }, () => {
  test('in use: the second process is told by whom, and the first goes on', async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', 2)],
      output: await cluster.createTopic('out', 2),
    }
    const start = starter(cluster, topics, { stateDir: await temporaryDirectory(cluster) })
    const output = await CountedOutput.open(cluster, topics.output)
    const first = start()
    await first.untilState('running')

    const second = start()
    assert.equal((await second.untilExit()).code, 1)
    assert.equal(second.error?.code, 'MR_STATE_DIR_IN_USE')
    assert.match(second.error.message, new RegExp(`is in use by process ${first.pid} on `))

    await inputs.write(topics.inputs, 1000)
    await output.assertExact(inputs.written)
    assert.equal(first.metrics?.fenced, 0)
    await first.kill()
    const third = start()
    await third.untilState('running')
    await inputs.write(topics.inputs, 1000)
    await output.assertExact(inputs.written)
    await third.terminate()
  })

  test('read-only: the process says so, and does not join the group', async (t) => {
    const cluster = new TestCluster(t)
    const stateDir = await mountedDirectory(cluster, 'ro')
    if (stateDir === undefined) {
      t.skip(NO_MOUNT)
      return
    }
    const topics = {
      inputs: [await cluster.createTopic('in', 2)],
      output: await cluster.createTopic('out', 2),
    }
    const member = starter(cluster, topics, { stateDir })()
    assert.equal((await member.untilExit()).code, 1)
    assert.equal(member.error?.code, 'MR_STATE_IO')
    assert.ok(member.lastWords().includes('EROFS'), member.lastWords())
    assert.deepEqual(await cluster.admin.describeGroup(cluster.id), [])
  })
})
