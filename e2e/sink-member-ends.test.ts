import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import { rowsIn } from './sqlite-sink.testkit.ts'
import type { Counted, TopologyName } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

const INPUTS = 20_000
const KILLS = 5

interface Plan {
  readonly topology: TopologyName
  readonly groupProtocol: 'classic' | 'consumer'
}

/** Two members of an app that writes a file, while inputs are written. */
class Bed {
  readonly inputs: Inputs
  readonly #plan: Plan
  readonly #cluster: TestCluster
  readonly #topic: string
  readonly #file: string
  #members: readonly MemberProcess[] = []
  #started = 0

  private constructor(plan: Plan, cluster: TestCluster, at: { topic: string; file: string }) {
    this.#plan = plan
    this.#cluster = cluster
    this.#topic = at.topic
    this.#file = at.file
    this.inputs = new Inputs(cluster)
  }

  static async create(t: TestContext, plan: Plan): Promise<Bed> {
    const cluster = new TestCluster(t)
    const directory = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
    cluster.defer(() => rm(directory, { recursive: true, force: true }))
    const topic = await cluster.createTopic('in', 3)
    return new Bed(plan, cluster, { topic, file: join(directory, 'target.db') })
  }

  get values(): readonly string[] {
    return rowsIn(this.#file).map(({ record_value: value }) => value)
  }

  get rows(): ReturnType<typeof rowsIn> {
    return rowsIn(this.#file)
  }

  /** One member after the other writes, ends, and is replaced by a new one. */
  async replaceAll(times: number, end: (member: MemberProcess) => Promise<unknown>): Promise<void> {
    this.#members = [this.#start(), this.#start()]
    const steadily = this.inputs.writeSteadily([this.#topic], 100)
    for (let i = 0; i < times; i++) {
      const [victim, ...others] = this.#members
      assert.ok(victim)
      await victim.until('it writes', () => (victim.metrics?.sinks['rows']?.batches ?? 0) > 3)
      await end(victim)
      this.#members = [...others, this.#start()]
    }
    await steadily.stop()
    const missing = INPUTS - this.inputs.written.length
    if (missing > 0) await this.inputs.write([this.#topic], missing)
  }

  /** Waits until all is written, and ends the members. */
  async finish(): Promise<void> {
    await until('all is in the target', () => this.rows.length >= this.inputs.written.length, {
      boundMs: 60_000,
      lastWords: () => this.#members.map((member) => member.lastWords()).join('\n\n'),
    })
    for (const member of this.#members) {
      // Before its program has begun there is nobody to take the signal.
      await member.until('it has begun', () => member.states.length > 0)
      await member.terminate()
    }
  }

  #start(): MemberProcess {
    const { topology, groupProtocol } = this.#plan
    return this.#cluster.startMember({
      topology,
      topics: { inputs: [this.#topic], output: this.#file },
      app: {
        applicationId: this.#cluster.id,
        groupProtocol,
        instanceId: `member-${this.#started++ % 2}`,
        sessionTimeout: '6 seconds',
        heartbeatInterval: '300 ms',
      },
    })
  }
}

function assertInputs({ values, inputs }: Bed): void {
  const expected = inputs.written.map(({ key, id }) => `${key}|${id}`)
  assert.deepEqual([...values].sort(), expected.sort())
}

describe('a member that ends while its sink writes', { concurrency: 3 }, () => {
  test(
    'killed, it leaves what is in the topic in the target once',
    { timeout: 180_000 },
    async (t) => {
      const bed = await Bed.create(t, { topology: 'to-sqlite', groupProtocol: 'classic' })
      await bed.replaceAll(KILLS, (member) => member.kill())
      await bed.finish()
      assertInputs(bed)
    },
  )

  test(
    'killed, it leaves counts behind an internal topic in the target once',
    { timeout: 180_000 },
    async (t) => {
      const bed = await Bed.create(t, { topology: 'count-to-sqlite', groupProtocol: 'classic' })
      await bed.replaceAll(KILLS, (member) => member.kill())
      await bed.finish()
      const counts = new Map<string, number>()
      for (const { record_key: key, record_value: value } of bed.rows) {
        const { count } = JSON.parse(value) as Counted // Written by the topology.
        assert.equal(count, (counts.get(key) ?? 0) + 1, `of ${key}`)
        counts.set(key, count)
      }
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      assert.equal(total, bed.inputs.written.length)
    },
  )

  // Of a member that was killed the broker keeps the partitions for its own session time-out, 45 seconds.
  test(
    'asked to, under the protocol of KIP-848, it hands over in the middle',
    { timeout: 120_000 },
    async (t) => {
      const bed = await Bed.create(t, { topology: 'to-sqlite', groupProtocol: 'consumer' })
      await bed.replaceAll(KILLS, (member) => member.terminate())
      await bed.finish()
      assertInputs(bed)
    },
  )
})
