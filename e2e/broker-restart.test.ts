import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'

interface Case {
  readonly title: string
  readonly outageMs: number
  readonly transactionTimeoutMs: number
}

const CASES: readonly Case[] = [
  {
    title: 'a broker that was away for less than the transaction timeout',
    outageMs: 2000,
    transactionTimeoutMs: 10_000,
  },
  {
    title: 'a broker that was away for longer than the transaction timeout',
    outageMs: 6000,
    transactionTimeoutMs: 3000,
  },
]

const BACKLOG = 20_000

/** Time-outs of transactions are looked for every 10 s by default. */
const QUICK_ABORTS = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000' }

/*
 * An orderly shutdown, not a crash: when the only broker of a cluster is killed and comes back before
 * its session has ended, Kafka 4.3.1 itself breaks transactions. It takes itself for the coordinator,
 * aborts the transaction on time-out, finds that the partitions have no leader yet, takes them for
 * deleted ("Couldn't find leader endpoint … can be skipped") and writes no abort marker. The next
 * commit of the same producer id then commits the aborted records.
 */
describe('a member goes on by itself when its broker is back', { concurrency: true }, () => {
  for (const { title, outageMs, transactionTimeoutMs } of CASES) {
    test(title, { timeout: 120_000 }, async (t) => {
      const { cluster, broker } = await TestCluster.withOwnBroker(t, QUICK_ABORTS)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 2),
      }
      await inputs.write(topics.inputs, BACKLOG)
      await inputs.disconnect()
      const member = cluster.startMember({
        topology: 'count-repartitioned',
        topics,
        app: {
          applicationId: cluster.id,
          sessionTimeout: 6000,
          heartbeatInterval: 300,
          transactionTimeout: transactionTimeoutMs,
          // Many commits, so that the broker goes away between some and in some.
          maxUncommittedBytes: 50_000,
        },
      })
      await member.untilProcessed(BACKLOG / 10)

      await broker.kill('SIGTERM')
      await sleep(outageMs)
      await broker.restart()

      const output = await CountedOutput.open(cluster, topics.output)
      await output.assertExact(inputs.written)
      await inputs.write(topics.inputs, BACKLOG / 10)
      await output.assertExact(inputs.written)
      // Two seconds pass within one call of the client, which waits by itself.
      if (outageMs > 5000) assert.match(member.log.join('\n'), /^warn /m)
      assert.ok(!member.states.includes('error'), member.lastWords())
      await member.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
