import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { starter, temporaryDirectory } from './state.testkit.ts'
import { until } from './until.testkit.ts'

/** With KIP-848 the broker owns the session, of 45 s at least by default: a broker of our own. */
const QUICK_GROUPS = {
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.heartbeat.interval.ms': '300',
}

const PROGRESS = 200

describe('a process that stood still while another one took its identity', {}, () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    test(
      `${groupProtocol}: one of them ends, nothing is lost or counted twice`,
      {
        timeout: 180_000,
      },
      async (t) => {
        const cluster =
          groupProtocol === 'classic'
            ? new TestCluster(t)
            : (await TestCluster.withOwnBroker(t, QUICK_GROUPS)).cluster
        const inputs = new Inputs(cluster)
        const topics = {
          inputs: [await cluster.createTopic('in', 3)],
          output: await cluster.createTopic('out', 3),
        }
        const start = starter(cluster, topics, {
          // Its directory cannot be had while it lives; the other has one of its own.
          stateDir: await temporaryDirectory(cluster),
          instanceId: 'the-one',
          staticMembership: true,
          groupProtocol,
          // Longer than it stands still: only a static member is replaced before that.
          sessionTimeout: 30_000,
          heartbeatInterval: 300,
          transactionTimeout: 8000,
        })
        const output = await CountedOutput.open(cluster, topics.output)
        const writing = inputs.writeSteadily(topics.inputs, 20)
        const zombie = start(undefined, {
          harm: { point: 'sendOffsets', when: 'before', afterRecords: 1000, signal: 'SIGSTOP' },
        })
        await zombie.untilHarmed()
        const successor = start({ stateDir: await temporaryDirectory(cluster) })
        await successor.untilState('running')
        await successor.untilProcessed(PROGRESS)
        zombie.signal('SIGCONT')

        const both = [zombie, successor]
        await until('one of them ends', () => both.some((one) => one.hasExited), {
          // Under KIP-848 they fence each other a few times first.
          boundMs: 90_000,
          lastWords: () => both.map((one) => one.lastWords()).join('\n\n'),
        })
        const loser = both.find((one) => one.hasExited)
        const winner = both.find((one) => one !== loser)
        assert.ok(loser !== undefined && winner !== undefined)
        assert.equal(loser.error?.code, 'MR_INSTANCE_ID_IN_USE', loser.lastWords())
        await winner.untilProcessed(PROGRESS)
        await writing.stop()
        await output.assertExact(inputs.written)
        await winner.terminate()
        await output.assertExact(inputs.written)
      },
    )
  }
})
