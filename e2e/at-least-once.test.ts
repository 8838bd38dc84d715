import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { type FaultHook, withFaults } from './faults.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess, SelfHarm } from './member-process.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

const INPUTS = 3000
const KILL_AFTER_RECORDS = 2000
/** Longer than the client keeps a record, shorter than the member's session. */
const STAND_MS = 4000

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
      const told = `${repeated.length} repeated; ${killed.lastWords()}\n${successor.lastWords()}`
      assert.equal(repeated.length > 0, repeats, told)
    })
  }
})

test(
  'records that the broker did not take in time are sent again',
  { timeout: 90_000 },
  async (t) => {
    // It stands still, and is not to be taken for dead when it goes on.
    const { cluster, broker } = await TestCluster.withOwnBroker(t, {
      'broker.session.timeout.ms': '60000',
    })
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', 3)],
      output: await cluster.createTopic('out', 3),
    }
    await inputs.write(topics.inputs, INPUTS)
    let isStanding = false
    const hook: FaultHook = ({ point, when, sent }) => {
      if (point !== 'flush' || when !== 'before' || sent < KILL_AFTER_RECORDS || isStanding) return
      isStanding = true
      process.kill(broker.pid, 'SIGSTOP')
      setTimeout(() => process.kill(broker.pid, 'SIGCONT'), STAND_MS)
    }
    const member = new TestApp(cluster, TOPOLOGIES.count(topics), {
      processingGuarantee: 'at_least_once',
      commitInterval: 100,
      maxUncommittedBytes: 50_000,
      port: () =>
        withFaults(cluster.newKafka(cluster.brokers, { 'message.timeout.ms': STAND_MS / 4 }), hook),
    })

    const output = await CountedOutput.open(cluster, topics.output)
    await output.untilComplete(inputs.written)
    assert.ok(isStanding)
    assert.ok(member.app.metrics().aborts > 0, member.lastWords())
    await member.app.close()
    assert.deepEqual(output.compare(inputs.written).lost, [])
  },
)
