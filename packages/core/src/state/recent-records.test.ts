import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentRecords, type RecentRun } from './recent-records.ts'

const ROUNDS = 300
const STEPS = 200

/** mulberry32, as the contract suites have it; core cannot import them. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }
}

type Entry = readonly [timestampMs: number, value: unknown]

/** Whatever was put, in the order of putting. */
class Model {
  streamTimeMs = -1
  readonly #retentionMs: number
  #entries: (readonly [key: string, ...Entry])[] = []

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs
  }

  put(key: string, timestampMs: number, value: unknown): void {
    this.streamTimeMs = Math.max(this.streamTimeMs, timestampMs)
    this.#entries.push([key, timestampMs, value])
  }

  /** Forgets what came last, as an abort does. */
  takeBack(count: number): void {
    this.#entries = this.#entries.slice(0, Math.max(0, this.#entries.length - count))
    this.streamTimeMs = Math.max(-1, ...this.#entries.map(([, timestampMs]) => timestampMs))
  }

  find(key: string, fromMs: number, toMs: number): readonly Entry[] {
    return this.#entries
      .filter(([of, timestampMs]) => of === key && timestampMs >= fromMs && timestampMs <= toMs)
      .filter(([, timestampMs]) => timestampMs > this.streamTimeMs - this.#retentionMs)
      .map(([, timestampMs, value]): Entry => [timestampMs, value])
      .sort(([a], [b]) => a - b)
  }
}

function entriesOf(run: RecentRun | undefined, fromMs = 0, toMs = Infinity): readonly Entry[] {
  assert.ok(run !== undefined)
  const entries: Entry[] = []
  for (let i = run.firstFrom(fromMs); i < run.firstFrom(toMs + 1); i++) entries.push(run.at(i))
  return entries
}

function run(seed: number): void {
  const random = randomFrom(seed)
  const retentionMs = [0, 1, 20, 300][random(4)] ?? 0
  const model = new Model(retentionMs)
  const maxBytes = [300, 2000, 100_000][random(3)] ?? 0
  const recent = new RecentRecords({ retentionMs, maxBytes })
  for (let i = random(30); i > 0; i--) model.put(`k${random(4)}`, random(50), `old${i}`)
  recent.forget(model.streamTimeMs)
  let nowMs = 0
  for (let step = 0; step < STEPS; step++) {
    const key = `k${random(4)}`
    nowMs += random(5) + (random(50) === 0 ? random(1000) : 0)
    const dice = random(20)
    if (dice === 0) {
      model.takeBack(random(10))
      recent.forget(model.streamTimeMs)
    } else if (dice < 9) {
      const timestampMs = Math.max(0, nowMs - (random(4) === 0 ? random(400) : 0))
      model.put(key, timestampMs, step)
      recent.add(key, timestampMs, step, model.streamTimeMs)
    } else {
      const fromMs = Math.max(0, nowMs - random(100))
      const toMs = fromMs + random(150)
      const { streamTimeMs } = model
      const live = Math.max(fromMs, streamTimeMs - retentionMs + 1)
      const all = (): readonly Entry[] => model.find(key, 0, Infinity)
      const run = recent.find(key, streamTimeMs) ?? recent.learn(key, all(), streamTimeMs)
      assert.deepEqual(entriesOf(run, live, toMs), model.find(key, fromMs, toMs))
    }
  }
}

test('what is known is what the store has, whatever is taken back, forgotten or expired', () => {
  const asked = process.env['MILLRACE_SEED']
  const first = asked === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(asked)
  for (let round = 0; round < ROUNDS; round++) {
    try {
      run(first + round)
    } catch (cause) {
      throw new Error(`repeat with MILLRACE_SEED=${first + round}`, { cause })
    }
  }
})

const RETENTION = { retentionMs: 20, maxBytes: 1000 }

function recentSince(streamTimeMs: number): RecentRecords {
  const recent = new RecentRecords(RETENTION)
  recent.forget(streamTimeMs)
  return recent
}

test('of an empty store everything is known', () => {
  const recent = recentSince(-1)
  assert.deepEqual(entriesOf(recent.find('a', -1)), [])
  recent.add('b', 5, 'x', 5)
  assert.deepEqual(entriesOf(recent.find('a', 5)), [])
  assert.deepEqual(entriesOf(recent.find('b', 5)), [[5, 'x']])
})

test('of a store with entries a key is known when it was read, and all are when those have expired', () => {
  const recent = recentSince(100)
  recent.add('a', 105, 'x', 105)
  assert.equal(recent.find('a', 105), undefined)
  const entries = [
    [95, 'w'],
    [105, 'x'],
  ] as const
  assert.deepEqual(entriesOf(recent.learn('a', entries, 105)), entries)
  assert.deepEqual(entriesOf(recent.find('a', 105)), entries)
  assert.equal(recent.find('b', 105), undefined)
  recent.add('c', 119, 'y', 119)
  assert.equal(recent.find('c', 119), undefined)
  recent.add('a', 120, 'z', 120)
  assert.deepEqual(entriesOf(recent.find('c', 120)), [[119, 'y']])
  assert.deepEqual(entriesOf(recent.find('b', 120)), [])
})

test('more than there is room for is forgotten', () => {
  const recent = recentSince(-1)
  for (let i = 0; i < 30; i++) recent.add('a', 10, 'x', 10)
  assert.equal(recent.find('a', 10), undefined)
})

test('expired entries are cut off in time', () => {
  const roomy = new RecentRecords({ retentionMs: 20, maxBytes: 1_000_000 })
  roomy.forget(-1)
  for (let ms = 0; ms < 1000; ms++) roomy.add('a', ms, ms, ms)
  assert.ok(entriesOf(roomy.find('a', 999)).length <= 20 + 32)
})
