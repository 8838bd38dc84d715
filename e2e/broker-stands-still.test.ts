import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'

interface Case {
  readonly title: string
  readonly standMs: number
  readonly transactionTimeoutMs: number
}

const CASES: readonly Case[] = [
  {
    title: 'for less than the transaction timeout',
    standMs: 2500,
    transactionTimeoutMs: 10_000,
  },
  {
    title: 'for longer than the session and the transaction timeout',
    standMs: 9000,
    transactionTimeoutMs: 3000,
  },
]

const BACKLOG = 20_000

const PROPERTIES = {
  // It is not to be taken for dead by its own controller when it goes on.
  'broker.session.timeout.ms': '60000',
  // Time-outs of transactions are looked for every 10 s by default.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
}

describe('a broker that stands still in the middle of a transaction', { concurrency: true }, () => {
  for (const { title, standMs, transactionTimeoutMs } of CASES) {
    test(`${title}: everything is counted once`, { timeout: 120_000 }, async (t) => {
      const { cluster, broker } = await TestCluster.withOwnBroker(t, PROPERTIES)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 2),
      }
      await inputs.write(topics.inputs, BACKLOG)
      const member = cluster.startMember({
        topology: 'count-repartitioned',
        topics,
        app: {
          applicationId: cluster.id,
          sessionTimeout: 6000,
          heartbeatInterval: 300,
          transactionTimeout: transactionTimeoutMs,
          // Many commits, so that the broker stops within one.
          maxUncommittedBytes: 50_000,
        },
      })
      await member.untilProcessed(BACKLOG / 10)

      process.kill(broker.pid, 'SIGSTOP')
      await sleep(standMs)
      process.kill(broker.pid, 'SIGCONT')

      const output = await CountedOutput.open(cluster, topics.output)
      await output.assertExact(inputs.written)
      await inputs.write(topics.inputs, BACKLOG / 10)
      await output.assertExact(inputs.written)
      assert.ok(!member.states.includes('error'), member.lastWords())
      await member.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
