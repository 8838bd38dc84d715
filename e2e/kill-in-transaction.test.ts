import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess, SelfHarm } from './member-process.testkit.ts'

const INPUTS = 3000
/** In the middle: some commits are done, and some inputs are left. */
const KILL_AFTER_RECORDS = 2000
/** Much longer than the test: what is not resolved by the restart blocks the reader for good. */
const TRANSACTION_TIMEOUT = '2 minutes'
/** How long a start takes at most until it has fenced its predecessor. */
const FENCE_BOUND_MS = 15_000

const POINTS = [
  ['after the records, before the offsets', { point: 'sendOffsets', when: 'before' }],
  ['after the offsets, before the commit', { point: 'sendOffsets', when: 'after' }],
  ['when the commit is about to be asked for', { point: 'commit', when: 'before' }],
  ['after the commit, before the state is applied', { point: 'commit', when: 'after' }],
] as const

const isCommitted = ({ point, when }: Pick<SelfHarm, 'point' | 'when'>): boolean =>
  point === 'commit' && when === 'after'

describe('a member killed in its transaction', { concurrency: POINTS.length }, () => {
  for (const [title, point] of POINTS) {
    test(`${title}: its successor counts everything once`, { timeout: 90_000 }, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 3),
      }
      await inputs.write(topics.inputs, INPUTS)
      const start = (harm?: SelfHarm): MemberProcess =>
        cluster.startMember({
          topology: 'count',
          topics,
          app: {
            applicationId: cluster.id,
            instanceId: 'the-one',
            transactionTimeout: TRANSACTION_TIMEOUT,
            sessionTimeout: '6 seconds',
            maxUncommittedBytes: 50_000,
          },
          ...(harm === undefined ? {} : { harm }),
        })

      const killed = start({ ...point, afterRecords: KILL_AFTER_RECORDS, signal: 'SIGKILL' })
      assert.equal((await killed.untilExit()).signal, 'SIGKILL', killed.lastWords())

      const output = await CountedOutput.open(cluster, topics.output)
      assert.equal(await output.isStable(), isCommitted(point))
      const successor = start()
      await output.untilStable(FENCE_BOUND_MS)
      await output.assertExact(inputs.written)
      await successor.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
