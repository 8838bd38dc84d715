import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentRecords } from './recent-records.ts'

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

function run(seed: number): void {
  const random = randomFrom(seed)
  const retentionMs = [0, 1, 20, 300][random(4)] ?? 0
  const model = new Model(retentionMs)
  const maxBytes = [300, 2000, 100_000][random(3)] ?? 0
  const recent = new RecentRecords({ retentionMs, maxBytes, decode: (stored) => stored })
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
      recent.add(key, [timestampMs, step], model.streamTimeMs)
    } else {
      const fromMs = Math.max(0, nowMs - random(100))
      const toMs = fromMs + random(150)
      const { streamTimeMs } = model
      const found = recent.fetch(key, fromMs, toMs, streamTimeMs)
      if (found === undefined) recent.learn(key, model.find(key, 0, Infinity), streamTimeMs)
      else assert.deepEqual(found, model.find(key, fromMs, toMs))
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

const RETENTION = { retentionMs: 20, maxBytes: 1000, decode: (stored: unknown) => stored }

test('of an empty store everything is known', () => {
  const recent = new RecentRecords(RETENTION)
  recent.forget(-1)
  assert.deepEqual(recent.fetch('a', 0, 100, -1), [])
  recent.add('b', [5, 'x'], 5)
  assert.deepEqual(recent.fetch('a', 0, 100, 5), [])
  assert.deepEqual(recent.fetch('b', 0, 100, 5), [[5, 'x']])
})

test('of a store with entries a key is known when it was read, and all are when those have expired', () => {
  const recent = new RecentRecords(RETENTION)
  recent.forget(100)
  recent.add('a', [105, 'x'], 105)
  assert.equal(recent.fetch('a', 90, 110, 105), undefined)
  recent.learn(
    'a',
    [
      [95, 'w'],
      [105, 'x'],
    ],
    105,
  )
  assert.deepEqual(recent.fetch('a', 90, 110, 105), [
    [95, 'w'],
    [105, 'x'],
  ])
  assert.equal(recent.fetch('b', 90, 110, 105), undefined)
  recent.add('c', [119, 'y'], 119)
  assert.equal(recent.fetch('c', 90, 130, 119), undefined)
  recent.add('a', [120, 'z'], 120)
  assert.deepEqual(recent.fetch('c', 90, 130, 120), [[119, 'y']])
  assert.deepEqual(recent.fetch('b', 90, 130, 120), [])
})

test('more than there is room for is forgotten', () => {
  const recent = new RecentRecords(RETENTION)
  recent.forget(-1)
  for (let i = 0; i < 30; i++) recent.add('a', [10, 'x'], 10)
  assert.equal(recent.fetch('a', 0, 20, 10), undefined)
})
