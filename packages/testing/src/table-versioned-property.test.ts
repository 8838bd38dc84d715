import { type KTable, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** 3,600 updates and lookups. */
const ROUNDS = 60
const STEPS = 60
const KEYS = 3
const TEXT = { key: serdes.string, value: serdes.string }

type Value = string | null
/** What follows the source table: a view, the same in a versioned store, or nothing. */
const FOLLOWERS = ['none', 'filter', 'map', 'stored filter', 'stored map', 'filter of map'] as const
type Follower = (typeof FOLLOWERS)[number]

const keep = (_key: string, value: string): boolean => value.toLowerCase() !== 'x'
const upper = (value: string): string => value.toUpperCase()

/** All versions of all keys, looked through each time. */
class Model {
  readonly #historyMs: number
  readonly #follower: Follower
  readonly #versions = new Map<string, Map<number, Value>>()
  #streamTimeMs = -1

  constructor(historyMs: number, follower: Follower) {
    this.#historyMs = historyMs
    this.#follower = follower
  }

  /** True when the update is taken. */
  update(key: string, value: Value, timestampMs: number): boolean {
    if (timestampMs < this.#streamTimeMs - this.#historyMs) return false
    this.#streamTimeMs = Math.max(this.#streamTimeMs, timestampMs)
    const versions = this.#versions.get(key) ?? new Map<number, Value>()
    this.#versions.set(key, versions)
    versions.set(timestampMs, this.#followed(value))
    return true
  }

  /**
   * The first time from `timeMs` on without a version. A deletion in the place of a version may be forgotten, as in
   * Kafka Streams: the tests of the store have that.
   */
  firstFree(key: string, timeMs: number): number {
    let freeMs = timeMs
    while (this.#versions.get(key)?.has(freeMs) === true) freeMs++
    return freeMs
  }

  asOf(key: string, timeMs: number): Value {
    const latestMs = Math.max(-1, ...(this.#versions.get(key)?.keys() ?? []))
    if (latestMs > timeMs && timeMs < this.#streamTimeMs - this.#historyMs) return null
    return this.#valueAt(key, timeMs)
  }

  /** How many keys have each value in their latest versions. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const key of this.#versions.keys()) {
      const latest = this.#valueAt(key, Infinity)
      if (latest !== null) counts.set(latest, (counts.get(latest) ?? 0) + 1)
    }
    return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #valueAt(key: string, timeMs: number): Value {
    const versions = [...(this.#versions.get(key) ?? [])].sort(([a], [b]) => b - a)
    return versions.find(([fromMs]) => fromMs <= timeMs)?.[1] ?? null
  }

  #followed(value: Value): Value {
    if (value === null) return null
    const mapped = this.#follower.includes('map') ? upper(value) : value
    return this.#follower.includes('filter') && !keep('', mapped) ? null : mapped
  }
}

function followedBy(
  table: KTable<string, string>,
  follower: Follower,
  versioned: number,
): KTable<string, string> {
  const stored = { store: 'followed', versioned, ...TEXT }
  switch (follower) {
    case 'none':
      return table
    case 'filter':
      return table.filter(keep)
    case 'map':
      return table.mapValues(upper)
    case 'filter of map':
      return table.mapValues(upper).filter(keep)
    case 'stored filter':
      return table.filter(keep, stored)
    case 'stored map':
      return table.mapValues(upper, stored)
  }
}

function topology(versioned: number, follower: Follower): Topology {
  const builder = new StreamsBuilder()
  const table = builder.table('in', { ...TEXT, versioned })
  const followed = followedBy(table, follower, versioned)
  followed.groupBy((_key, value) => [value, value], TEXT).count({ store: 'counts' })
  builder
    .stream('asks', TEXT)
    .leftJoin(followed, (_ask, row) => row ?? 'none')
    .to('found', TEXT)
  return builder.build()
}

async function run(random: SeededRandom): Promise<void> {
  const historyMs = random.pick([20, 100, 10_000])
  const follower = random.pick(FOLLOWERS)
  const model = new Model(historyMs, follower)
  const driver = await TopologyTestDriver.create(topology(historyMs, follower), {
    commit: 'manual',
  })
  const found = driver.output('found', TEXT)
  let timeMs = 0
  for (let step = 0; step < STEPS; step++) {
    timeMs += random.below(8)
    const key = `k${random.below(KEYS)}`
    const earliestMs = Math.max(0, timeMs - random.below(random.pick([1, 30, 150])))
    const timestampMs = model.firstFree(key, earliestMs)
    const isAsk = random.below(3) === 0
    const value = random.below(4) === 0 ? null : random.pick(['a', 'b', 'x'])
    const dice = random.below(10)
    await driver.input(isAsk ? 'asks' : 'in', TEXT).pipe(key, isAsk ? '?' : value, { timestampMs })
    if (dice === 0) await driver.abort()
    await driver.commit()
    if (dice === 1) await driver.restart()

    const message = `step ${step} ${follower} ${historyMs}: ${key} ${value} at ${timestampMs}`
    if (!isAsk) model.update(key, value, timestampMs)
    const expected = isAsk ? [model.asOf(key, timestampMs) ?? 'none'] : []
    assert.deepEqual(found.readValues(), expected, message)
    const counts = driver.table('counts', { key: serdes.string, value: serdes.long })
    const rows = [...counts.all()].map(([one, row]) => [one, row.value] as const)
    assert.deepEqual(new Map(rows.filter(([, count]) => count !== 0)), model.counts(), message)
  }
  await driver.close()
}

test('a versioned table and what follows it have the version of each time, whatever the order of updates', async () => {
  const first = chooseSeed()
  for (let round = 0; round < ROUNDS; round++) {
    const seed = (first + round) >>> 0
    try {
      await run(new SeededRandom(seed))
    } catch (error) {
      throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
    }
  }
})
