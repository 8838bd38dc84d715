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
    title: 'a broker that was away for longer than the session and the transaction timeout',
    outageMs: 7000,
    transactionTimeoutMs: 3000,
  },
]

const INPUTS = 5000

/*
 * The broker goes when no transaction is open: Kafka 4.3.1 itself breaks those when the only broker of
 * a cluster shuts down or crashes. Its coordinator finds that the partitions have no leader any more,
 * takes them for deleted ("Couldn't find leader endpoint … likely deleted already and hence can be
 * skipped") and writes no marker: a commit is lost, or an aborted transaction is committed by the next
 * one of the same producer id. What happens to open transactions is in broker-stands-still.test.ts.
 */
describe('a member goes on by itself when its broker is back', { concurrency: true }, () => {
  for (const { title, outageMs, transactionTimeoutMs } of CASES) {
    test(title, { timeout: 120_000 }, async (t) => {
      const { cluster, broker } = await TestCluster.withOwnBroker(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 2),
      }
      await inputs.write(topics.inputs, INPUTS)
      const member = cluster.startMember({
        topology: 'count-repartitioned',
        topics,
        app: {
          applicationId: cluster.id,
          sessionTimeout: 6000,
          heartbeatInterval: 300,
          transactionTimeout: transactionTimeoutMs,
        },
      })
      await (await CountedOutput.open(cluster, topics.output)).assertExact(inputs.written)
      await inputs.disconnect()

      await broker.kill('SIGTERM')
      await sleep(outageMs)
      await broker.restart()

      await inputs.write(topics.inputs, INPUTS)
      const output = await CountedOutput.open(cluster, topics.output)
      await output.assertExact(inputs.written)
      assert.match(member.log.join('\n'), /^warn .*MR_BROKER_UNAVAILABLE/m)
      assert.ok(!member.states.includes('error'), member.lastWords())
      await member.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
