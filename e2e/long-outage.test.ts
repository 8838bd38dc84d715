import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'

const INPUTS = 1000

/**
 * Longer than a static member waits until it looks at its group, and than an admin request takes: the
 * client ends the process with SIGSEGV when a group cannot be described.
 */
const OUTAGE_MS = 28_000

const PROPERTIES = {
  // It is not to be taken for dead by its own controller when it goes on.
  'broker.session.timeout.ms': '60000',
}

test('a static member outlives a broker that stands still for long', async (t) => {
  const { cluster, broker } = await TestCluster.withOwnBroker(t, PROPERTIES)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 2)],
    output: await cluster.createTopic('out', 2),
  }
  await inputs.write(topics.inputs, INPUTS)
  const member = cluster.startMember({
    topology: 'count',
    topics,
    app: {
      applicationId: cluster.id,
      instanceId: 'static',
      staticMembership: true,
      sessionTimeout: 6000,
      heartbeatInterval: 300,
    },
  })
  await (await CountedOutput.open(cluster, topics.output)).assertExact(inputs.written)

  process.kill(broker.pid, 'SIGSTOP')
  await sleep(OUTAGE_MS)
  process.kill(broker.pid, 'SIGCONT')

  await inputs.write(topics.inputs, INPUTS)
  await (await CountedOutput.open(cluster, topics.output)).assertExact(inputs.written)
  assert.equal(member.hasExited, false, member.lastWords())
  await member.terminate()
})
