import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes, StreamsBuilder, tumbling } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 60
const STEPS = 80
const SIZE_MS = 100

interface Settings {
  readonly idleMs: number
  readonly graceMs: number
}

/** Event time and windows of one task, from the rules alone. */
class Model {
  readonly #settings: Settings
  #nowMs = 0
  #activeMs = 0
  /** Stream time that the last record left. */
  #baseMs = -1
  #timeMs = -1
  #open = new Map<string, string>()
  late = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  record(key: string, value: string, timestampMs: number): readonly string[] {
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    this.#baseMs = this.#timeMs
    this.#activeMs = this.#nowMs
    const startMs = timestampMs - (timestampMs % SIZE_MS)
    if (startMs + SIZE_MS <= this.#timeMs - this.#settings.graceMs) this.late++
    else {
      const window = `${String(startMs).padStart(9, '0')} ${key}`
      this.#open.set(window, (this.#open.get(window) ?? '') + value)
    }
    return this.#close()
  }

  pass(ms: number): readonly string[] {
    this.#nowMs += ms
    const idleForMs = this.#nowMs - this.#activeMs - this.#settings.idleMs
    if (this.#baseMs < 0 || idleForMs < 0) return []
    this.#timeMs = Math.max(this.#timeMs, this.#baseMs + idleForMs)
    return this.#close()
  }

  #close(): readonly string[] {
    const closed = [...this.#open].filter(
      ([window]) => Number(window.slice(0, 9)) + SIZE_MS <= this.#timeMs - this.#settings.graceMs,
    )
    for (const [window] of closed) this.#open.delete(window)
    return closed.map(([window, list]) => `${window}=${list}`).sort()
  }
}

async function open({ idleMs, graceMs }: Settings): Promise<TopologyTestDriver> {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { ...TEXT, watermark: { idle: idleMs } })
    .groupByKey()
    .windowedBy(tumbling(SIZE_MS, { grace: graceMs }), { emit: 'on-window-close' })
    .reduce((list, value) => list + value, { retention: '1 day' })
    .toStream()
    .selectKey(({ key, window }) => `${String(window.startMs).padStart(9, '0')} ${key}`, {
      key: serdes.string,
    })
    .to('out')
  return TopologyTestDriver.create(builder.build())
}

test('windows close when records or idleness say so, however both take turns', async () => {
  const seed = chooseSeed()
  const random = new SeededRandom(seed)
  for (let round = 0; round < ROUNDS; round++) {
    const settings = { idleMs: 1 + random.below(200), graceMs: random.pick([0, 30, 150]) }
    const driver = await open(settings)
    const model = new Model(settings)
    const output = driver.output('out', TEXT)
    let timeMs = 1000
    for (let step = 0; step < STEPS; step++) {
      const place = `round ${round}, step ${step}: ${repeatCommand(seed)}`
      let expected: readonly string[]
      if (random.below(3) === 0) {
        const ms = random.pick([1, random.below(100), random.below(600)])
        expected = model.pass(ms)
        await driver.advanceWallClock(ms)
      } else {
        timeMs += random.below(60)
        const timestampMs = Math.max(0, timeMs - random.below(300))
        const key = `k${random.below(3)}`
        const value = String.fromCharCode(97 + random.below(26))
        expected = model.record(key, value, timestampMs)
        await driver.input('in', TEXT).pipe(key, value, { timestampMs })
      }
      const actual = output.readRecords().map(({ key, value }) => `${key ?? ''}=${value ?? ''}`)
      assert.deepEqual(actual.sort(), expected, place)
      assert.equal(driver.metrics.dropped['late'] ?? 0, model.late, place)
    }
    await driver.close()
  }
})
