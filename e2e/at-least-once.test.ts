import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess, SelfHarm } from './member-process.testkit.ts'

const INPUTS = 3000
const KILL_AFTER_RECORDS = 2000

interface Case {
  readonly title: string
  readonly harm: Pick<SelfHarm, 'point' | 'when'>
  readonly repeats: boolean
}

const CASES: readonly Case[] = [
  {
    title: 'killed between the flush and the commit of offsets, it repeats records and loses none',
    harm: { point: 'commitOffsets', when: 'before' },
    repeats: true,
  },
  {
    title: 'killed after the commit of offsets, it loses no record',
    harm: { point: 'commitOffsets', when: 'after' },
    repeats: false,
  },
]

/** That the first case finds duplicates also proves that the oracle of the other files can fail. */
describe('at least once', { concurrency: true }, () => {
  for (const { title, harm, repeats } of CASES) {
    test(title, { timeout: 90_000 }, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 3),
      }
      await inputs.write(topics.inputs, INPUTS)
      const start = (own?: SelfHarm): MemberProcess =>
        cluster.startMember({
          topology: 'count',
          topics,
          app: {
            applicationId: cluster.id,
            processingGuarantee: 'at_least_once',
            commitInterval: 100,
            maxUncommittedBytes: 50_000,
            sessionTimeout: 6000,
          },
          ...(own === undefined ? {} : { harm: own }),
        })

      const killed = start({ ...harm, afterRecords: KILL_AFTER_RECORDS, signal: 'SIGKILL' })
      assert.equal((await killed.untilExit()).signal, 'SIGKILL', killed.lastWords())
      const successor = start()
      const output = await CountedOutput.open(cluster, topics.output)
      await output.untilComplete(inputs.written)
      await successor.terminate()

      const { lost, repeated } = output.compare(inputs.written)
      assert.deepEqual(lost, [])
      assert.equal(repeated.length > 0, repeats, `${repeated.length} repeated`)
    })
  }
})
