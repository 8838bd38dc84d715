import {
  type CogroupedKStream,
  type KGroupedStream,
  type KTable,
  type Serde,
  serdes,
  session,
  sliding,
  StreamsBuilder,
  tumbling,
  untilWindowCloses,
  type Windowed,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TopologyTestDriver } from './topology-test-driver.ts'

const TEXT = { key: serdes.string, value: serdes.string }
const WINDOWED = { key: serdes.timeWindowed(serdes.string, 10), value: serdes.long }
const SESSIONS = { key: serdes.sessionWindowed(serdes.string), value: serdes.long }
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']
const PARTITIONS = 3

interface Serdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}
type Counts = KTable<Windowed<string>, number>
type Table = (builder: StreamsBuilder) => Counts

const grace = { grace: 0 }
const grouped = (b: StreamsBuilder): KGroupedStream<string, string> =>
  b.stream('in', TEXT).groupByKey()
const add = (_key: string, _value: string, count: number): number => count + 1
const both = (b: StreamsBuilder): CogroupedKStream<string, number> =>
  grouped(b).cogroup<number>(add)
const value = serdes.long
const init = (): number => 0
const merge = (_key: string, one: number, other: number): number => one + other

const byTime: Readonly<Record<string, Table>> = {
  'tumbling windows': (b) => grouped(b).windowedBy(tumbling(10, grace)).count(),
  'sliding windows': (b) => grouped(b).windowedBy(sliding(10, grace)).count(),
  'a view of windows': (b) => {
    const counts = grouped(b).windowedBy(tumbling(10, grace)).count()
    return counts.filter(() => true).mapValues((count) => count, { value })
  },
  'windows that are held until they close': (b) =>
    grouped(b).windowedBy(tumbling(10, grace)).count().suppress(untilWindowCloses()),
  'a cogroup by windows': (b) => both(b).windowedBy(tumbling(10, grace)).aggregate({ init, value }),
}
const bySession: Readonly<Record<string, Table>> = {
  sessions: (b) => grouped(b).windowedBy(session(10, grace)).count(),
  'sessions that are held until they close': (b) =>
    grouped(b).windowedBy(session(10, grace)).count().suppress(untilWindowCloses()),
  'a cogroup by sessions': (b) =>
    both(b).windowedBy(session(10, grace)).aggregate({ init, merge, value }),
}

/** The keys of each partition of `out`, in the order of the records. */
function keysOfOutput<K, V>(driver: TopologyTestDriver, serdesOf: Serdes<K, V>): K[][] {
  return [0, 1, 2].map((partition) =>
    driver
      .output('out', { ...serdesOf, partition })
      .readAll()
      .flatMap(([key]) => (key === null ? [] : [key])),
  )
}

/** The keys in each partition of the output, without their windows. */
async function keysOfWindows(table: Table, read: typeof WINDOWED): Promise<string[][]> {
  const builder = new StreamsBuilder()
  table(builder).toStream().to('out')
  const options = { topics: { in: PARTITIONS, out: PARTITIONS } }
  const driver = await TopologyTestDriver.create(builder.build(), options)
  const input = driver.input('in', TEXT)
  for (const timestampMs of [0, 100, 200, 300]) {
    for (const key of KEYS) await input.pipe(key, 'v', { timestampMs })
  }
  const keys = keysOfOutput(driver, read)
  await driver.close()
  const windows = new Set(keys.flat().map(({ key, window }) => `${key} ${window.startMs}`))
  assert.ok(windows.size >= 3 * KEYS.length, 'every key has several windows')
  return keys.map((windowed) => [...new Set(windowed.map(({ key }) => key))].sort())
}

/** Where the same keys are without windows. */
async function placesOfKeys(): Promise<string[][]> {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).to('out')
  const options = { topics: { in: 1, out: PARTITIONS } }
  const driver = await TopologyTestDriver.create(builder.build(), options)
  for (const key of KEYS) await driver.input('in', TEXT).pipe(key, 'v')
  const keys = keysOfOutput(driver, TEXT)
  await driver.close()
  return keys
}

for (const [name, table] of [...Object.entries(byTime), ...Object.entries(bySession)]) {
  test(`${name} are written without a serde of the key, into the partition of the key`, async () => {
    const read = name in bySession ? SESSIONS : WINDOWED
    assert.deepEqual(await keysOfWindows(table, read), await placesOfKeys())
  })
}

test('a partitioner of the user is asked instead', async () => {
  const builder = new StreamsBuilder()
  const partitioner = ({ window }: Windowed<string>): number => window.startMs / 10
  byTime['tumbling windows']?.(builder).toStream().to('out', { partitioner })
  const driver = await TopologyTestDriver.create(builder.build(), { topics: { in: 1, out: 3 } })
  for (const timestampMs of [0, 10, 20])
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs })
  const starts = keysOfOutput(driver, WINDOWED).map((keys) =>
    keys.map(({ window }) => window.startMs),
  )
  assert.deepEqual(starts, [[0], [10], [20]])
  await driver.close()
})

test('a key that cannot be serialized is an error of serialization', async () => {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).to('out', { key: WINDOWED.key as never })
  const driver = await TopologyTestDriver.create(builder.build(), { topics: { in: 1, out: 3 } })
  await assert.rejects(driver.input('in', TEXT).pipe('k', 'v'), { code: 'MR_SERIALIZATION' })
  await driver.close()
})
