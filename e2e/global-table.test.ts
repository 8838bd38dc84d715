import type { AppSettings } from '@millrace/core'
import type { KafkaReader } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess, MemberSpec } from './member-process.testkit.ts'
import { temporaryDirectory } from './state.testkit.ts'
import type { Named } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

const KEYS = 2000
const ROWS = 10_000

/** A topic with rows, a topic with inputs of the same keys, and members that join the two. */
class GlobalBed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly output: CountedOutput
  readonly global: string
  readonly #input: string
  readonly #outputTopic: string
  readonly #settings: Partial<AppSettings>
  readonly #names: KafkaReader
  readonly #nameOf = new Map<string, string>()

  static async open(context: TestContext, settings: Partial<AppSettings>): Promise<GlobalBed> {
    const cluster = new TestCluster(context)
    const topics = {
      input: await cluster.createTopic('in', 3),
      global: await cluster.createTopic('global', 2),
      output: await cluster.createTopic('out', 3),
    }
    const output = await CountedOutput.open(cluster, topics.output)
    const { reader } = await cluster.readAll(topics.output)
    return new GlobalBed({ cluster, topics, output, names: reader, settings })
  }

  private constructor(parts: {
    readonly cluster: TestCluster
    readonly topics: { readonly input: string; readonly global: string; readonly output: string }
    readonly output: CountedOutput
    readonly names: KafkaReader
    readonly settings: Partial<AppSettings>
  }) {
    const { cluster, topics, output, names, settings } = parts
    this.cluster = cluster
    this.inputs = new Inputs(cluster, KEYS)
    this.output = output
    this.global = topics.global
    this.#input = topics.input
    this.#outputTopic = topics.output
    this.#names = names
    this.#settings = settings
  }

  start(own: Partial<AppSettings> = {}, more: Pick<MemberSpec, 'harm'> = {}): MemberProcess {
    return this.cluster.startMember({
      topology: 'global-lookup',
      topics: { inputs: [this.#input, this.global], output: this.#outputTopic },
      app: {
        applicationId: this.cluster.id,
        sessionTimeout: 6000,
        heartbeatInterval: 300,
        commitInterval: 100,
        ...this.#settings,
        ...own,
      },
      ...more,
    })
  }

  /** Gives `count` rows, of the first keys, this name. */
  async name(name: string, count: number): Promise<void> {
    const producer = this.cluster.kafka.producer({ clientId: 'e2e-rows' })
    await producer.flush()
    for (let n = 0; n < count; n++) {
      producer.send({
        topic: this.global,
        partition: undefined,
        key: Buffer.from(`k${n}`),
        value: Buffer.from(name),
        timestampMs: Date.now(),
        headers: [],
      })
    }
    await producer.flush()
    await producer.close()
  }

  write(count: number): Promise<void> {
    return this.inputs.write([this.#input], count)
  }

  /** The name that each input found, once all that were written have an output. */
  async names(): Promise<ReadonlyMap<string, string>> {
    await until('an output of every input', async () => {
      const { records } = await this.#names.poll(10_000, 100)
      for (const { value } of records) {
        const { id, name } = JSON.parse(Buffer.from(value ?? '').toString()) as Named // what the topology writes
        this.#nameOf.set(id, name)
      }
      return this.#nameOf.size >= this.inputs.written.length
    })
    return this.#nameOf
  }

  /** Writes inputs until they find rows of this name. */
  async untilNamed(name: string): Promise<void> {
    await until(`inputs that find ${name}`, async () => {
      await this.write(10)
      const [last] = this.inputs.written.slice(-1)
      return (await this.names()).get(last?.id ?? '') === name
    })
  }
}

function globalRestores(member: MemberProcess): {
  readonly records: number
  readonly ends: number
} {
  const ends = member.restores.filter(({ taskId, phase }) => taskId === 'global' && phase === 'end')
  return { records: ends.reduce((sum, { restored }) => sum + restored, 0), ends: ends.length }
}

describe('a global table on a broker', { concurrency: 2 }, () => {
  test(
    'is there before the first input, and after a kill the difference is read',
    { timeout: 120_000 },
    async (t) => {
      const cluster = await GlobalBed.open(t, {})
      const stateDir = await temporaryDirectory(cluster.cluster)
      await cluster.name('first', ROWS)
      await cluster.write(5000)
      const killed = cluster.start(
        { stateDir },
        { harm: { point: 'commit', when: 'before', afterRecords: 3000, signal: 'SIGKILL' } },
      )
      assert.equal((await killed.untilExit()).signal, 'SIGKILL', killed.lastWords())
      assert.deepEqual(globalRestores(killed), { records: ROWS, ends: 2 })

      await cluster.name('second', KEYS)
      const second = cluster.start({ stateDir })
      await second.untilState('running')
      // What was applied just before the kill may be read once more.
      assert.ok(globalRestores(second).records <= KEYS + 500, second.lastWords())
      await cluster.write(1000)
      await cluster.output.assertExact(cluster.inputs.written)
      const names = await cluster.names()
      assert.deepEqual(new Set(names.values()), new Set(['first', 'second']))
      for (const { id } of cluster.inputs.written.slice(-1000))
        assert.equal(names.get(id), 'second')

      await cluster.name('third', KEYS)
      await cluster.untilNamed('third')
      await second.terminate()
      const third = cluster.start({ stateDir })
      await third.untilState('running')
      // An input has found one row of the third name: others may not have been read when it ended.
      assert.ok(globalRestores(third).records <= KEYS, third.lastWords())
      await cluster.untilNamed('third')
      await third.terminate()
    },
  )

  test(
    'every member has all of it, and keeps it through rebalances',
    { timeout: 120_000 },
    async (t) => {
      const bed = await GlobalBed.open(t, {})
      await bed.name('first', ROWS)
      const one = bed.start({ instanceId: 'one' })
      await one.untilState('running')
      await bed.write(2000)
      const other = bed.start({ instanceId: 'other' })
      await other.until('partitions of its own', () => {
        return other.log.some((line) => /partitions assigned.*-in-/.test(line))
      })
      await bed.name('second', KEYS)
      await bed.write(2000)
      await bed.untilNamed('second')
      await one.kill()
      await bed.write(2000)
      await bed.output.assertExact(bed.inputs.written)

      assert.deepEqual(globalRestores(one), { records: ROWS, ends: 2 })
      assert.deepEqual(globalRestores(other), { records: ROWS, ends: 2 })
      const names = await bed.names()
      assert.ok(![...names.values()].includes(''), 'an input that found no row')
      for (const { id } of bed.inputs.written.slice(-2000)) assert.equal(names.get(id), 'second')
      await other.terminate()
    },
  )

  test(
    'a topic that is deleted and made anew is read again while nothing is processed',
    { timeout: 120_000 },
    async (t) => {
      const bed = await GlobalBed.open(t, {})
      await bed.name('first', KEYS)
      const member = bed.start()
      await member.untilState('running')
      await bed.write(1000)
      await bed.output.assertExact(bed.inputs.written)

      await bed.cluster.admin.deleteTopics([bed.global])
      await until('the topic is gone', async () => {
        return (await bed.cluster.admin.describeTopics([bed.global])).length === 0
      })
      await bed.cluster.createTopic('global', 2)
      await bed.name('second', KEYS)
      await member.untilLogged('MR_TOPICS_CHANGED')
      await bed.untilNamed('second')
      await bed.output.assertExact(bed.inputs.written)
      await member.terminate()
    },
  )

  test('a topic that does not exist ends the app with its name', { timeout: 60_000 }, async (t) => {
    const bed = await GlobalBed.open(t, {})
    await bed.cluster.admin.deleteTopics([bed.global])
    const member = bed.start()
    await member.untilExit()

    assert.equal(member.error?.code, 'MR_UNKNOWN_TOPIC')
    assert.match(member.error.message, new RegExp(bed.global))
  })
})
