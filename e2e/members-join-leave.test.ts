import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'

/** Records processed after a change, so that it is known to run in the new order of things. */
const PROGRESS = 100

/** With KIP-848 the broker owns the timeouts, 45 s by default, and 45 s at least: a broker of our own. */
const QUICK_GROUPS = {
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.heartbeat.interval.ms': '300',
}

/** Members of one application, started and ended while inputs are written. */
class Fleet {
  readonly members: MemberProcess[] = []
  readonly #start: (instanceId: string) => MemberProcess

  constructor(start: (instanceId: string) => MemberProcess) {
    this.#start = start
  }

  /** Starts a member, and waits until it works. */
  async join(): Promise<MemberProcess> {
    const member = this.#start(`m${this.members.length}`)
    this.members.push(member)
    await member.untilState('running')
    return member
  }
}

describe('members that join and leave', { concurrency: true }, () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    const title = `${groupProtocol}: joins, leaves and kills move tasks, and everything is counted once`
    test(title, { timeout: 120_000 }, async (t) => {
      const cluster =
        groupProtocol === 'classic'
          ? new TestCluster(t)
          : (await TestCluster.withOwnBroker(t, QUICK_GROUPS)).cluster
      const inputs = new Inputs(cluster)
      // The second topic has fewer partitions, and its name comes first.
      const topics = {
        inputs: [await cluster.createTopic('orders', 4), await cluster.createTopic('more', 2)],
        output: await cluster.createTopic('out', 3),
      }
      const fleet = new Fleet((instanceId) =>
        cluster.startMember({
          topology: 'count-repartitioned',
          topics,
          app: {
            applicationId: cluster.id,
            instanceId,
            // Those that leave are to be missed at once.
            staticMembership: false,
            groupProtocol,
            sessionTimeout: 6000,
            heartbeatInterval: 300,
            maxUncommittedBytes: 100_000,
          },
        }),
      )
      const writing = inputs.writeSteadily(topics.inputs, 20)
      const output = await CountedOutput.open(cluster, topics.output)

      const first = await fleet.join()
      await first.untilProcessed(PROGRESS)
      const second = await fleet.join()
      await second.untilProcessed(PROGRESS)
      const third = await fleet.join()
      await first.terminate()
      await third.untilProcessed(PROGRESS)
      const fourth = await fleet.join()
      await second.kill()
      await fourth.untilProcessed(PROGRESS)
      await third.terminate()
      await fourth.untilProcessed(PROGRESS)

      await writing.stop()
      await output.assertExact(inputs.written)
      await fourth.terminate()
      await output.assertExact(inputs.written)
    })
  }
})
