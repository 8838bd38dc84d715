import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { mountedDirectory, NO_MOUNT } from './mount.testkit.ts'
import { starter } from './state.testkit.ts'
import { until } from './until.testkit.ts'

const MIB = 1024 * 1024
const DISK_BYTES = 96 * MIB
const SESSION_MS = 6000

test(
  'a member whose disk is full stands still, stays in its group, and goes on when there is room',
  { timeout: 120_000 },
  async (t) => {
    const cluster = new TestCluster(t)
    const stateDir = await mountedDirectory(cluster, `size=${DISK_BYTES}`)
    if (stateDir === undefined) {
      t.skip(NO_MOUNT)
      return
    }
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', 2)],
      output: await cluster.createTopic('out', 2),
    }
    const start = starter(cluster, topics, {
      stateDir,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: 300,
      transactionTimeout: 6000,
    })
    const output = await CountedOutput.open(cluster, topics.output)
    const member = start()
    await inputs.write(topics.inputs, 2000)
    await output.assertExact(inputs.written)

    const ballast = join(stateDir, 'ballast')
    await writeFile(ballast, Buffer.alloc(DISK_BYTES - 24 * MIB))
    const writing = inputs.writeSteadily(topics.inputs, 20)
    await member.untilLogged('The disk of the state directory is full')
    await sleep(SESSION_MS) // Long enough to be out of the group, if nobody polled.
    await output.untilStable()
    const held = output.length
    const { commits } = member.metrics ?? {}
    await until('the member is in the group', async () => {
      const [one, ...others] = await cluster.admin.describeGroup(cluster.id)
      return one?.partitions.length === 2 && others.length === 0
    })
    await until('inputs wait', () => inputs.written.length > held + 500)
    assert.equal(output.length, held)
    assert.equal(member.metrics?.commits, commits)
    assert.equal(member.metrics?.rebalances, 1)

    await rm(ballast)
    await member.untilLogged('has room again')
    await writing.stop()
    await output.assertExact(inputs.written)
    const told = member.log.filter((line) => line.includes('MR_STATE_DISK_FULL'))
    assert.equal(told.length, 1, told.join('\n'))
    assert.equal(member.metrics.fenced, 0)
    await member.terminate()
    await output.assertExact(inputs.written)
  },
)
