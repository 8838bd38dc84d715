import type { Duration } from '@millrace/core'
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import { starter, taskDirectory, temporaryDirectory } from './state.testkit.ts'

const TASKS = ['0_0', '0_1', '0_2', '0_3']

interface Bed {
  readonly cluster: TestCluster
  readonly output: CountedOutput
  readonly inputs: Inputs
  readonly stays: MemberProcess
  readonly write: (count: number) => Promise<void>
  /** Starts a second member, and returns when it has taken tasks over from the first one. */
  readonly join: () => Promise<MemberProcess>
  /** Tasks whose state the first member has on its disk. */
  readonly kept: () => readonly string[]
}

async function bed(cluster: TestCluster, stateCleanupDelay: Duration): Promise<Bed> {
  const inputs = new Inputs(cluster, 2000)
  const topics = {
    inputs: [await cluster.createTopic('in', TASKS.length)],
    output: await cluster.createTopic('out', TASKS.length),
  }
  const stateDir = await temporaryDirectory(cluster)
  const other = await temporaryDirectory(cluster)
  // The second one leaves at once.
  const start = starter(cluster, topics, { stateDir, staticMembership: false, stateCleanupDelay })
  const output = await CountedOutput.open(cluster, topics.output)
  const stays = start()
  await inputs.write(topics.inputs, 8000)
  await output.assertExact(inputs.written)
  return {
    cluster,
    output,
    inputs,
    stays,
    write: async (count) => {
      await inputs.write(topics.inputs, count)
      await output.assertExact(inputs.written)
    },
    join: async () => {
      const joined = start({ stateDir: other })
      await joined.until('tasks of its own', () => joined.recordsRestored > 0)
      await joined.untilState('running')
      await stays.untilState('running')
      return joined
    },
    kept: () => TASKS.filter((task) => existsSync(taskDirectory(cluster, stateDir, task))),
  }
}

describe('state of a task that goes to another member', { concurrency: true }, () => {
  test(
    'is kept: the task that comes back reads the difference',
    { timeout: 120_000 },
    async (t) => {
      const cluster = new TestCluster(t)
      const { stays, join, write, kept } = await bed(cluster, '10 minutes')
      const joined = await join()
      await write(200)
      assert.deepEqual(kept(), TASKS)
      const { records } = await readChangelog(cluster, 'counts')
      await joined.terminate()
      await stays.until('the tasks are back', () => {
        return stays.states.at(-1) === 'running' && stays.restores.some((r) => r.phase === 'end')
      })
      await write(1000)
      assert.ok(stays.recordsRestored > 0)
      // 200 inputs, of which some came to the tasks that moved; 2000 keys were there before.
      assert.ok(stays.recordsRestored <= 200, `${stays.recordsRestored} of ${records.length}`)
      await stays.terminate()
    },
  )

  test('is deleted when the delay is over', { timeout: 120_000 }, async (t) => {
    const cluster = new TestCluster(t)
    const { stays, join, write, kept } = await bed(cluster, '2 seconds')
    const joined = await join()
    await stays.until('two tasks are deleted', () => kept().length === 2)
    await stays.untilLogged('it was not in use')
    await write(1000)
    await joined.terminate()
    await stays.until('the tasks are back', () => kept().length === TASKS.length)
    await write(1000)
    await stays.terminate()
  })
})
