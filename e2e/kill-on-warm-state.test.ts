import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { SelfHarm } from './member-process.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'

const INPUTS = 20_000
const KEYS = 10_000

/** A member that is killed within its 100th commit or so, and where. */
const KILLS: readonly (readonly [title: string, harm: Pick<SelfHarm, 'point' | 'when'>])[] = [
  ['before it commits', { point: 'commit', when: 'before' }],
  ['when it has committed, before it writes its state', { point: 'commit', when: 'after' }],
]

describe('a member with state on disk that is killed', { concurrency: true }, () => {
  for (const [title, harm] of KILLS) {
    test(`${title}: reads the difference, and counts on`, { timeout: 120_000 }, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster, KEYS)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 3),
      }
      const start = starter(cluster, topics, {
        stateDir: await temporaryDirectory(cluster),
        maxUncommittedBytes: 100_000,
      })
      const output = await CountedOutput.open(cluster, topics.output)
      await inputs.write(topics.inputs, INPUTS)
      const killed = start(undefined, {
        harm: { ...harm, afterRecords: INPUTS, signal: 'SIGKILL' },
      })
      assert.equal((await killed.untilExit()).signal, 'SIGKILL', killed.lastWords())
      const { records } = await readChangelog(cluster, 'counts')
      assert.ok(records.length > 5000, `the changelog has ${records.length} records`)

      const second = start()
      await second.untilState('running')
      await inputs.write(topics.inputs, INPUTS)
      await output.assertExact(inputs.written)
      // One transaction at most is between what was committed and what was written.
      const most = records.length / 5
      assert.ok(second.recordsRestored < most, `${second.recordsRestored} records were restored`)
      if (harm.when === 'after') assert.ok(second.recordsRestored > 0, second.lastWords())
      await second.terminate()

      const third = start()
      await third.untilState('running')
      assert.equal(third.recordsRestored, 0)
      await inputs.write(topics.inputs, 1000)
      await output.assertExact(inputs.written)
      await third.terminate()
    })
  }
})
