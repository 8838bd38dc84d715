import { type Header, type Serde, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const BYTES = { key: serdes.bytes, value: serdes.bytes }
const HEADER: Header = { key: 'h', value: Buffer.from('x') }

/** The first field of a value; none for one that begins with a minus. */
const foreignKey = (value: string): string | null =>
  value.startsWith('-') ? null : (value.split(',')[0] ?? null)

function topology(kind: 'join' | 'leftJoin'): Topology {
  const builder = new StreamsBuilder()
  const left = builder.table('left', TEXT)
  const right = builder.table('right', TEXT)
  const joiner = (l: string, r: string | null): string => `${l}+${r}`
  const options = { foreignKey, name: 'fk', ...TEXT }
  const joined =
    kind === 'join' ? left.join(right, joiner, options) : left.leftJoin(right, joiner, options)
  joined.toStream().to('out')
  return builder.build()
}

type Bytes = readonly [
  key: string | null,
  value: string | null,
  timestampMs: number,
  headers: number,
]

/** What Kafka Streams 4.3.1 wrote for the same topology and inputs, in its `TopologyTestDriver`. */
const RECORDED: Readonly<Record<'join' | 'leftJoin', Readonly<Record<string, readonly Bytes[]>>>> =
  {
    join: {
      'app-fk-subscription-registration-topic': [
        ['6631', '0103e6eacd28de98183e979e8f787f3b18176b3100000000', 20, 1],
        ['6631', '010385713a62d667b8fe6d2c52d245e494206b3100000000', 5, 0],
        ['6632', '0103726a7714cd26bf7558cdec451b852cc96b3200000000', 30, 0],
        ['6631', '0100ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['6632', '0102ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['6632', '0101108f9b2f06a6c567ff7284795fa3e1e26b3200000000', 50, 0],
        ['6632', '81016b3100000000', 60, 0],
      ],
      'app-fk-subscription-store-changelog': [
        ['0000000266316b31', '0103e6eacd28de98183e979e8f787f3b18176b3100000000', 20, 1],
        ['0000000266316b31', '010385713a62d667b8fe6d2c52d245e494206b3100000000', 5, 0],
        ['0000000266326b32', '0103726a7714cd26bf7558cdec451b852cc96b3200000000', 30, 0],
        ['0000000266316b31', null, 40, 0],
        ['0000000266326b31', '0102ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['0000000266326b32', null, 50, 0],
        ['0000000266326b31', null, 60, 0],
      ],
      'app-fk-subscription-response-topic': [
        ['6b31', '00e6eacd28de98183e979e8f787f3b18176f6e65', 20, 1],
        ['6b31', '0085713a62d667b8fe6d2c52d245e494206f6e65', 10, 0],
        ['6b31', '00ea8487791d25cc1a4797903c866a19d3', 40, 0],
        ['6b31', '00ea8487791d25cc1a4797903c866a19d374776f', 35, 0],
        ['6b32', '00726a7714cd26bf7558cdec451b852cc974776f', 35, 0],
        ['6b32', '00108f9b2f06a6c567ff7284795fa3e1e2', 50, 0],
        ['6b31', '80', 60, 0],
      ],
      out: [
        ['6b31', '66312c612b6f6e65', 20, 1],
        ['6b31', '66312c622b6f6e65', 10, 0],
        ['6b31', null, 40, 0],
        ['6b31', '66322c642b74776f', 35, 0],
        ['6b32', '66322c632b74776f', 35, 0],
        ['6b32', null, 50, 0],
        ['6b31', null, 60, 0],
      ],
    },
    leftJoin: {
      'app-fk-subscription-registration-topic': [
        ['6631', '0102e6eacd28de98183e979e8f787f3b18176b3100000000', 20, 1],
        ['6631', '010285713a62d667b8fe6d2c52d245e494206b3100000000', 5, 0],
        ['6632', '0102726a7714cd26bf7558cdec451b852cc96b3200000000', 30, 0],
        ['6631', '0100ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['6632', '0102ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['6632', '0100108f9b2f06a6c567ff7284795fa3e1e26b3200000000', 50, 0],
        [null, '0102108f9b2f06a6c567ff7284795fa3e1e26b3200000000', 50, 0],
        [null, '0102108f9b2f06a6c567ff7284795fa3e1e26b3300000000', 55, 0],
        ['6632', '81006b3100000000', 60, 0],
        [null, '81026b3100000000', 60, 0],
      ],
      'app-fk-subscription-store-changelog': [
        ['0000000266316b31', '0102e6eacd28de98183e979e8f787f3b18176b3100000000', 20, 1],
        ['0000000266316b31', '010285713a62d667b8fe6d2c52d245e494206b3100000000', 5, 0],
        ['0000000266326b32', '0102726a7714cd26bf7558cdec451b852cc96b3200000000', 30, 0],
        ['0000000266316b31', null, 40, 0],
        ['0000000266326b31', '0102ea8487791d25cc1a4797903c866a19d36b3100000000', 40, 0],
        ['0000000266326b32', null, 50, 0],
        ['0000000266326b31', null, 60, 0],
      ],
      'app-fk-subscription-response-topic': [
        ['6b31', '00e6eacd28de98183e979e8f787f3b18176f6e65', 20, 1],
        ['6b31', '0085713a62d667b8fe6d2c52d245e494206f6e65', 10, 0],
        ['6b32', '00726a7714cd26bf7558cdec451b852cc9', 30, 0],
        ['6b31', '00ea8487791d25cc1a4797903c866a19d3', 40, 0],
        ['6b31', '00ea8487791d25cc1a4797903c866a19d374776f', 35, 0],
        ['6b32', '00726a7714cd26bf7558cdec451b852cc974776f', 35, 0],
        ['6b32', '00108f9b2f06a6c567ff7284795fa3e1e2', 50, 0],
        ['6b33', '00108f9b2f06a6c567ff7284795fa3e1e2', 55, 0],
        ['6b31', '80', 60, 0],
      ],
      out: [
        ['6b31', '66312c612b6f6e65', 20, 1],
        ['6b31', '66312c622b6f6e65', 10, 0],
        ['6b32', '66322c632b6e756c6c', 30, 0],
        ['6b31', '66322c642b6e756c6c', 40, 0],
        ['6b31', '66322c642b74776f', 35, 0],
        ['6b32', '66322c632b74776f', 35, 0],
        ['6b32', '2d2b6e756c6c', 50, 0],
        ['6b33', '2d2b6e756c6c', 55, 0],
        ['6b31', null, 60, 0],
      ],
    },
  }

async function pipeAll(driver: TopologyTestDriver): Promise<void> {
  const nullable = { key: serdes.string, value: serdes.nullable(serdes.string) }
  const left = driver.input('left', nullable)
  const right = driver.input('right', nullable)
  await right.pipe('f1', 'one', { timestampMs: 10 })
  await left.pipe('k1', 'f1,a', { timestampMs: 20, headers: [HEADER] })
  await left.pipe('k1', 'f1,b', { timestampMs: 5 })
  await left.pipe('k2', 'f2,c', { timestampMs: 30 })
  await left.pipe('k1', 'f2,d', { timestampMs: 40 })
  await right.pipe('f2', 'two', { timestampMs: 35 })
  await left.pipe('k2', '-', { timestampMs: 50 })
  await left.pipe('k3', '-', { timestampMs: 55 })
  await left.pipe('k1', null, { timestampMs: 60 })
  await right.pipe('f2', null, { timestampMs: 70 })
  await left.pipe('k1', null, { timestampMs: 80 })
}

const hex = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex')

for (const kind of ['join', 'leftJoin'] as const) {
  test(`${kind} over a foreign key writes to its topics and its changelog what Kafka Streams does`, async () => {
    const driver = await TopologyTestDriver.create(topology(kind), { applicationId: 'app' })
    await pipeAll(driver)

    for (const [topic, expected] of Object.entries(RECORDED[kind])) {
      const written = driver.output(topic, BYTES).readRecords()
      const actual = written.map(({ key, value, timestampMs, headers }): Bytes => {
        return [hex(key), hex(value), timestampMs, headers.length]
      })
      assert.deepEqual(actual, expected, topic)
    }
    await driver.close()
  })
}

test('the topics of a foreign-key join have the settings of repartition topics', () => {
  const { repartitionTopics } = topology('join')

  assert.deepEqual(
    [...repartitionTopics.keys()],
    ['fk-subscription-registration-topic', 'fk-subscription-response-topic'],
  )
  for (const { config, partitions } of repartitionTopics.values()) {
    assert.equal(partitions, undefined)
    assert.deepEqual(config, {
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'CreateTime',
      'retention.ms': '-1',
      'segment.bytes': '52428800',
    })
  }
})

test('each side has its own number of partitions, and answers come back to where the row came from', async () => {
  const driver = await TopologyTestDriver.create(topology('join'), {
    applicationId: 'app',
    topics: { left: 3, right: 5 },
  })
  const left = driver.input('left', TEXT)
  for (const [n, key] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
    // Not where Kafka's default would put them.
    await left.pipe(key, `f${n % 2},${key}`, { timestampMs: n, partition: n % 3 })
  }
  const right = driver.input('right', TEXT)
  await right.pipe('f0', 'zero', { timestampMs: 10 })
  await right.pipe('f1', 'one', { timestampMs: 11 })

  const rows = driver.output('out', TEXT).readKeyValuesToMap()
  assert.deepEqual([...rows].sort(), [
    ['a', 'f0,a+zero'],
    ['b', 'f1,b+one'],
    ['c', 'f0,c+zero'],
    ['d', 'f1,d+one'],
    ['e', 'f0,e+zero'],
    ['f', 'f1,f+one'],
  ])
  const response = 'app-fk-subscription-response-topic'
  const responses = [0, 1, 2, 3, 4].map((partition) =>
    driver
      .output(response, { ...BYTES, key: serdes.string, partition })
      .readAll()
      .map(([key]) => key),
  )
  assert.deepEqual(responses, [['a', 'd'], ['e', 'b'], ['c', 'f'], [], []])
  await driver.close()
})

test('partitioners say where keys are, and are given no values', async () => {
  const builder = new StreamsBuilder()
  const asked: unknown[] = []
  const lastLetter = (key: string | null, value: null, partitions: number): number => {
    asked.push([key, value, partitions])
    return Number(key?.at(-1) ?? 0)
  }
  builder
    .table('left', TEXT)
    .leftJoin(builder.table('right', TEXT), (l, r) => `${l}+${r}`, {
      foreignKey,
      ...TEXT,
      name: 'fk',
      partitioner: lastLetter,
      otherPartitioner: lastLetter,
    })
    .toStream()
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { topics: { left: 3, right: 4 } })
  await driver.input('right', TEXT).pipe('f3', 'three', { timestampMs: 1, partition: 3 })
  await driver.input('left', TEXT).pipe('k2', 'f3,a', { timestampMs: 2, partition: 2 })
  await driver.input('left', TEXT).pipe('k1', '-', { timestampMs: 3, partition: 1 })

  assert.deepEqual(driver.output('out', TEXT).readAll(), [
    ['k2', 'f3,a+three'],
    ['k1', '-+null'],
  ])
  assert.deepEqual(asked, [
    ['f3', null, 4],
    ['k2', null, 3],
    [null, null, 4],
    ['k1', null, 3],
  ])
  await driver.close()
})

test('serdes are told pseudo topics for what is inside of keys and values', async () => {
  const spied = (topics: Set<string>): Serde<string> => ({
    serialize(value, topic) {
      topics.add(topic)
      return serdes.string.serialize(value, topic)
    },
    deserialize(bytes, topic) {
      topics.add(topic)
      return serdes.string.deserialize(bytes, topic)
    },
  })
  const seen = Array.from({ length: 4 }, () => new Set<string>())
  const [leftKey, leftValue, rightKey, rightValue] = seen.map(spied)
  assert.ok(leftKey && leftValue && rightKey && rightValue)
  const builder = new StreamsBuilder()
  builder
    .table('left', { key: leftKey, value: leftValue, store: 'l' })
    .join(
      builder.table('right', { key: rightKey, value: rightValue, store: 'r' }),
      (l, r) => l + r,
      { foreignKey, name: 'fk', value: serdes.string },
    )
    .toStream()
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { applicationId: 'app' })
  await driver.input('left', TEXT).pipe('k1', 'f1,a', { timestampMs: 2 })
  await driver.input('left', TEXT).pipe('k1', 'f1,b', { timestampMs: 2 })
  await driver.input('right', TEXT).pipe('f1', 'one', { timestampMs: 2 })

  const topic = 'app-fk-subscription-registration-topic'
  const response = 'app-fk-subscription-response-topic'
  assert.deepEqual(
    seen.map((topics) => [...topics].sort()),
    [
      [`${topic}-pk`, response, 'app-l-changelog', 'left', 'out'],
      [`${topic}-vh`, 'app-l-changelog', 'left'],
      [`${topic}-fk`, topic, 'app-r-changelog', 'right'],
      [response, 'app-r-changelog', 'right'],
    ].map((topics) => topics.sort()),
  )
  await driver.close()
})

test('an answer that is late for a newer row is dropped and counted, and one that is not is kept', async () => {
  const builder = new StreamsBuilder()
  // Two updates of one record: both are made before the first answer is back.
  const left = builder
    .stream('left', TEXT)
    .flatMapValues((value) => value.split(';'))
    .toTable(TEXT)
  const joiner = (l: string, r: string): string => `${l}+${r}`
  left
    .join(builder.table('right', TEXT), joiner, { foreignKey, ...TEXT })
    .toStream()
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  await driver.input('right', TEXT).pipe('f1', 'one', { timestampMs: 1 })
  await driver.input('left', TEXT).pipe('k', 'f1,a;f1,b', { timestampMs: 2 })

  assert.deepEqual(driver.output('out', TEXT).readAll(), [['k', 'f1,b+one']])
  assert.deepEqual(driver.metrics.dropped, { 'stale-response': 1 })
  await driver.close()
})

test('a missing serde is reported with the table that it is to be given to', () => {
  const builder = new StreamsBuilder()
  const left = builder.table('left', TEXT).mapValues((value) => value.length)
  left.join(builder.table('right', TEXT), (n, r) => r.repeat(n), { foreignKey: String })

  assert.throws(
    () => builder.build(),
    /KTABLE-MAPVALUES-0000000003: no value serde for the join KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000008; give the option `value`/,
  )
})
