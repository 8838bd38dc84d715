import { type Sink, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { httpSink } from '@millrace/sink-http'
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { type Input, Inputs, parseInput } from './inputs.testkit.ts'
import { LedgerServer } from './ledger-server.testkit.ts'
import { until } from './until.testkit.ts'

const INPUTS = 1000
const QUICK = {
  retry: { initialBackoff: 5, maxBackoff: 100 },
  timeouts: { headers: '1 second' },
} as const

interface Bed {
  readonly cluster: TestCluster
  readonly inputs: Inputs
  readonly server: LedgerServer
  readonly topic: string
  readonly topology: (sink: Sink<string, string>, deadLetterTopic?: string) => Topology
}

async function bedOf(t: TestContext): Promise<Bed> {
  const cluster = new TestCluster(t)
  const server = await LedgerServer.start()
  cluster.defer(() => server.close())
  const topic = await cluster.createTopic('in', 2)
  const topology = (sink: Sink<string, string>, deadLetterTopic?: string): Topology => {
    const builder = new StreamsBuilder()
    const dead = deadLetterTopic === undefined ? {} : { deadLetterTopic }
    builder
      .stream(topic, { key: serdes.string, value: serdes.string })
      .toSink(sink, { name: 'calls', retry: { initialBackoff: 10, maxBackoff: 200 }, ...dead })
    return builder.build()
  }
  return { cluster, inputs: new Inputs(cluster), server, topic, topology }
}

const numberOf = ({ id }: Input): number => Number(id.slice(1))
const isBad = (body: string): boolean => numberOf(parseInput(body)) % 100 === 7

describe('an app that writes to an HTTP endpoint', { concurrency: true }, () => {
  test(
    'has bad records as dead letters, and answers as records',
    { timeout: 120_000 },
    async (t) => {
      const { cluster, inputs, server, topic, topology } = await bedOf(t)
      const [dead, answers] = [
        await cluster.createTopic('dead', 1),
        await cluster.createTopic('answers', 1),
      ]
      server.reply = (body) =>
        isBad(body) ? 422 : server.requests % 20 === 0 ? 'take and lose the answer' : 'take'
      const sink = httpSink<string, string>({
        ...{ ...QUICK, url: server.url, responseTopic: answers },
        onResponse: ({ headers }, { key }) => ({
          key,
          value: decodeURIComponent(headers['x-took'] ?? ''),
        }),
      })
      await inputs.write([topic], INPUTS)
      const app = new TestApp(cluster, topology(sink, dead))

      await app.until('all is delivered or a dead letter', () => {
        const { records = 0 } = app.app.metrics().sinks['calls'] ?? {}
        return records >= INPUTS
      })
      await app.app.close()

      assert.equal(server.effects.size, INPUTS - 10)
      assert.deepEqual(server.changed, [])
      assertOrder(server)
      const letters = await readTopic(cluster, dead)
      assert.equal(letters.length, 10)
      for (const { value, headers } of letters) {
        assert.ok(isBad(Buffer.from(value ?? []).toString()))
        const texts = headers.map((header) => [
          header.key,
          Buffer.from(header.value ?? []).toString(),
        ])
        const header = Object.fromEntries(texts) as Record<string, string>
        assert.equal(header['__streams.errors.message'], 'status 422: answer of 422')
        assert.equal(header['__millrace.errors.code'], 'MR_SINK_REJECTED')
        assert.match(header['__millrace.errors.detail'] ?? '', /"attempts":1,"status":422/)
      }
      const answered = await readTopic(cluster, answers)
      const took = new Set(answered.map(({ value }) => Buffer.from(value ?? []).toString()))
      assert.deepEqual(took, new Set(server.effects.values()))
    },
  )

  test(
    'ends when its credentials are refused, and goes on with good ones',
    { timeout: 120_000 },
    async (t) => {
      const { cluster, inputs, server, topic, topology } = await bedOf(t)
      const dead = await cluster.createTopic('dead', 1)
      let taken = 0
      server.reply = (_, { authorization }) =>
        authorization === 'Bearer new-token' || taken++ < INPUTS / 2 ? 'take' : 401
      const sink = (token: string): Sink<string, string> =>
        httpSink({ ...QUICK, url: server.url, auth: { kind: 'bearer', token } })
      await inputs.write([topic], INPUTS)

      const expired = new TestApp(cluster, topology(sink('old-token'), dead))
      const error = await expired.untilFailed('MR_SINK_FAILED')
      assert.match(error.message, /answered 401/)
      assert.ok(!expired.log.join('\n').includes('old-token'))
      await expired.app.close()
      const renewed = new TestApp(cluster, topology(sink('new-token'), dead))
      await renewed.until('all has its effect', () => server.effects.size >= INPUTS)
      await renewed.app.close()

      assert.deepEqual(server.changed, [])
      assertOrder(server)
      assert.deepEqual(await readTopic(cluster, dead), [])
    },
  )

  test('sends batches that are the same when it starts again', { timeout: 120_000 }, async (t) => {
    const { cluster, inputs, server, topic, topology } = await bedOf(t)
    const sink = (): Sink<string, string> =>
      httpSink<string, string>({
        ...{ ...QUICK, url: server.url, batch: { maxRecords: 50 } },
        body: ({ records }) => records.map(({ value }) => value).join('\n'),
      })
    // Batches of 50 offsets end within the commit markers and records of the topic, wherever these are.
    for (let n = 0; n < 5; n++) await inputs.write([topic], INPUTS / 5)
    server.reply = () => (server.requests % 3 === 0 ? 'take and lose the answer' : 'take')

    for (let life = 1; life <= 4; life++) {
      const app = new TestApp(cluster, topology(sink()), { closeTimeout: '2 seconds' })
      await until('some effects', () => server.effects.size >= life * 4)
      server.reply = () => 'take and lose the answer'
      await app.app.close()
      server.reply = () => (server.requests % 3 === 0 ? 'take and lose the answer' : 'take')
    }
    // Fills the last block of each partition: a batch waits until it is complete.
    await inputs.write([topic], 200)
    const last = new TestApp(cluster, topology(sink()))
    const delivered = (): readonly string[] =>
      [...server.effects.values()].flatMap((it) => it.split('\n'))
    await last.until('all complete batches', () => delivered().length >= INPUTS)
    await last.app.close()

    assert.deepEqual(server.changed, [], 'a key came with two bodies')
    assert.equal(new Set(delivered()).size, delivered().length)
  })
})

describe('an app whose requests are refused', { concurrency: true }, () => {
  test('has what is too large for its target as dead letters', { timeout: 120_000 }, async (t) => {
    const { cluster, inputs, server, topic, topology } = await bedOf(t)
    server.reply = (body) => (isBad(body) ? 413 : 'take')
    const sink = (): Sink<string, string> => httpSink({ ...QUICK, url: server.url })
    await inputs.write([topic], INPUTS)

    const strict = new TestApp(cluster, topology(sink()))
    const error = await strict.untilFailed('MR_SINK_REJECTED')
    assert.match(error.message, /^POST http:\/\/127\.0\.0\.1:\d+\/ answered 413$/)
    assert.match(error.hint ?? '', /^The body is too large for the target: send less/)
    assert.deepEqual([error.at['topic'], error.at['status']], [topic, 413])
    await strict.app.close()
    const dead = await cluster.createTopic('dead', 1)
    const app = new TestApp(cluster, topology(sink(), dead))
    await app.until('the rest has its effect', () => server.effects.size >= INPUTS - 10)
    await until('all dead letters', async () => (await readTopic(cluster, dead)).length >= 10)
    await app.app.close()

    assert.equal(server.effects.size, INPUTS - 10)
    assertOrder(server)
    const letters = await readTopic(cluster, dead)
    const bad = new Set(letters.map(({ value }) => Buffer.from(value ?? []).toString()))
    assert.equal(bad.size, 10)
    assert.ok([...bad].every(isBad))
  })

  for (const [title, headers, leastMs] of [
    ['is asked to come later, does so', { 'retry-after': '1' }, 1000],
    ['is told that it is too fast, waits by itself', {}, 0],
  ] as const) {
    test(`${title}, and sends all`, { timeout: 120_000 }, async (t) => {
      const { cluster, inputs, server, topic, topology } = await bedOf(t)
      const refusedMs = new Map<string, number>()
      const waitedMs: number[] = []
      server.reply = (body) => {
        const before = refusedMs.get(body)
        if (before !== undefined) waitedMs.push(performance.now() - before)
        if (!isBad(body) || before !== undefined) return 'take'
        refusedMs.set(body, performance.now())
        return { status: 429, headers }
      }
      await inputs.write([topic], INPUTS)
      const app = new TestApp(cluster, topology(httpSink({ ...QUICK, url: server.url })))
      await app.until('all has its effect', () => server.effects.size >= INPUTS)
      await app.app.close()

      assert.deepEqual([refusedMs.size, server.changed], [10, []])
      t.diagnostic(`${server.repeated} repeated`)
      assert.ok(Math.min(...waitedMs) >= leastMs, waitedMs.join(' '))
      assert.equal(server.effects.size, INPUTS)
      assertOrder(server)
    })
  }
})

/** Records of a key are numbered upwards. */
function assertOrder(server: LedgerServer): void {
  const last = new Map<string, number>()
  for (const input of [...server.effects.values()].map(parseInput)) {
    assert.ok(numberOf(input) > (last.get(input.key) ?? -1), `${input.key} ${input.id}`)
    last.set(input.key, numberOf(input))
  }
}
