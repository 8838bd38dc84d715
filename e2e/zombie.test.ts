import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess, SelfHarm } from './member-process.testkit.ts'
import { until } from './until.testkit.ts'

interface Case {
  readonly title: string
  readonly harm: Pick<SelfHarm, 'point' | 'when' | 'thenWaitMs'>
  readonly isRefused: boolean
  /** When it wakes up: when it has no partitions any more, or when the broker has aborted its transaction. */
  readonly wakes: 'replaced' | 'aborted'
  /** The new owner waits for what the zombie left open. */
  readonly transactionTimeoutMs: number
}

/** Records processed after a change, so that it is known to be over. */
const PROGRESS = 200

const CASES: readonly Case[] = [
  {
    title: 'a zombie that sends its offsets when others own its tasks is refused, and rejoins',
    harm: { point: 'sendOffsets', when: 'before' },
    isRefused: true,
    wakes: 'replaced',
    transactionTimeoutMs: 8000,
  },
  {
    // The client has joined anew by then, and would send offsets that name no member: those are taken.
    title: 'a zombie whose client knows of its loss sends no offsets, and rejoins',
    harm: { point: 'sendOffsets', when: 'before', thenWaitMs: 2000 },
    isRefused: true,
    wakes: 'replaced',
    transactionTimeoutMs: 8000,
  },
  {
    title: 'a zombie with its offsets sent may commit; the new owner has waited for it',
    harm: { point: 'commit', when: 'before' },
    isRefused: false,
    wakes: 'replaced',
    // Longer than it stands still.
    transactionTimeoutMs: 20_000,
  },
  {
    title: 'a zombie that commits when its transaction has timed out is refused, and rejoins',
    harm: { point: 'commit', when: 'before' },
    isRefused: true,
    wakes: 'aborted',
    transactionTimeoutMs: 6000,
  },
]

describe('a member that stands still for longer than its session', { concurrency: true }, () => {
  for (const { title, harm, isRefused, wakes, transactionTimeoutMs } of CASES) {
    test(title, { timeout: 120_000 }, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 4)],
        output: await cluster.createTopic('out', 2),
      }
      const start = (instanceId: string, own?: SelfHarm): MemberProcess =>
        cluster.startMember({
          topology: 'count',
          topics,
          app: {
            applicationId: cluster.id,
            instanceId,
            sessionTimeout: 6000,
            heartbeatInterval: 300,
            transactionTimeout: transactionTimeoutMs,
          },
          ...(own === undefined ? {} : { harm: own }),
        })
      const writing = inputs.writeSteadily(topics.inputs, 20)
      const zombie = start('zombie', { ...harm, afterRecords: 1000, signal: 'SIGSTOP' })
      await zombie.untilState('running')
      const successor = start('successor')
      await successor.untilState('running')
      await zombie.untilHarmed()

      const output = await CountedOutput.open(cluster, topics.output)
      await until('the group has only the successor', async () => {
        const members = await cluster.admin.describeGroup(cluster.id)
        return members.every(({ clientId }) => clientId.endsWith('successor'))
      })
      // What the zombie left open hides these until the broker has aborted it.
      if (wakes === 'aborted') await output.untilLength(inputs.written.length)
      else if (isRefused) await successor.untilProcessed(PROGRESS)
      zombie.signal('SIGCONT')

      await zombie.untilProcessed(PROGRESS)
      await writing.stop()
      await output.assertExact(inputs.written)
      const refused = (zombie.metrics?.aborts ?? 0) + (zombie.metrics?.fenced ?? 0)
      if (isRefused) assert.ok(refused > 0, zombie.lastWords())
      await zombie.terminate()
      await successor.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
