import { serdes, StreamsBuilder, type Topology, type TtlTime } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import type { TestOutputTopic } from './test-output-topic.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** 3,000 steps of each kind. */
const ROUNDS = 50
const STEPS = 60
const KEYS = 6
const NULLABLE = { key: serdes.string, value: serdes.nullable(serdes.string) }
const TEXT = { key: serdes.string, value: serdes.string }

type Value = string | null
type Output = readonly [key: string | null, value: Value, timestampMs: number]

interface Row {
  readonly value: string
  /** The largest of its updates. */
  readonly timestampMs: number
  /** By the clock. */
  readonly updatedMs: number
}

interface Span {
  readonly by: TtlTime
  readonly ttlMs: number
  readonly checkMs: number
}

/** All rows are looked at whenever time moves. */
class Model {
  readonly #span: Span
  readonly rows: Map<string, Row> = new Map()
  #streamTimeMs = -1
  #nowMs = 0

  constructor(span: Span) {
    this.#span = span
  }

  /** A record of the table. */
  update(key: string, value: Value, timestampMs: number): readonly Output[] {
    const gone = this.#observe(timestampMs)
    const row = this.rows.get(key)
    if (row === undefined && (value === null || this.#isOver(timestampMs))) return gone
    const latestMs = Math.max(timestampMs, row?.timestampMs ?? -1)
    if (value === null) this.rows.delete(key)
    else this.rows.set(key, { value, timestampMs: latestMs, updatedMs: this.#nowMs })
    return [...gone, [key, value, latestMs]]
  }

  /** A record of another input: what it finds, and what goes after it. */
  ask(
    key: string,
    timestampMs: number,
  ): { readonly found: Value; readonly gone: readonly Output[] } {
    const gone = this.#observe(timestampMs)
    return { found: this.rows.get(key)?.value ?? null, gone }
  }

  advance(ms: number): readonly Output[] {
    this.#nowMs += ms
    if (this.#span.by === 'event-time') return []
    return this.#takeOver(({ updatedMs }) => updatedMs + this.#span.ttlMs <= this.#nowMs)
  }

  #observe(timestampMs: number): readonly Output[] {
    this.#streamTimeMs = Math.max(this.#streamTimeMs, timestampMs)
    return this.#takeOver((row) => this.#isOver(row.timestampMs))
  }

  #isOver(timestampMs: number): boolean {
    const { by, ttlMs, checkMs } = this.#span
    const checkedMs = Math.floor(this.#streamTimeMs / checkMs) * checkMs
    return by === 'event-time' && timestampMs + ttlMs <= checkedMs
  }

  #takeOver(isOver: (row: Row) => boolean): readonly Output[] {
    const { by, ttlMs } = this.#span
    const timeOf = (row: Row): number => (by === 'event-time' ? row.timestampMs : row.updatedMs)
    const over = [...this.rows]
      .filter(([, row]) => isOver(row))
      .sort(([a, one], [b, other]) => timeOf(one) - timeOf(other) || (a < b ? -1 : 1))
    for (const [key] of over) this.rows.delete(key)
    return over.map(([key, { timestampMs }]): Output => {
      const overMs = by === 'event-time' ? timestampMs + ttlMs : this.#streamTimeMs
      return [key, null, Math.max(overMs, timestampMs)]
    })
  }
}

function topology({ by, ttlMs, checkMs }: Span): Topology {
  const builder = new StreamsBuilder()
  const rows = builder
    .table('in', NULLABLE)
    .ttl(ttlMs, { by, checkInterval: checkMs, store: 'rows' })
  rows.toStream().to('out')
  builder
    .stream('asks', TEXT)
    .leftJoin(rows, (_ask, row) => row ?? 'none')
    .to('found', TEXT)
  return builder.build()
}

function told(output: TestOutputTopic<string, string>): readonly Output[] {
  return output.readRecords().map(({ key, value, timestampMs }): Output => {
    return [key, value, timestampMs]
  })
}

async function run(random: SeededRandom, by: TtlTime): Promise<void> {
  const ttlMs = 1 + random.below(150)
  // By the clock the time of a look depends on that of the last abort, unless it is always.
  const checkMs = by === 'event-time' ? random.pick([1, 7, 50]) : 1
  const model = new Model({ by, ttlMs, checkMs })
  const driver = await TopologyTestDriver.create(topology({ by, ttlMs, checkMs }), {
    commit: 'manual',
  })
  const output = driver.output('out', TEXT)
  const found = driver.output('found', TEXT)
  let timeMs = 0
  for (let step = 0; step < STEPS; step++) {
    timeMs += random.below(20)
    const key = `k${random.below(KEYS)}`
    const timestampMs = Math.max(0, timeMs - random.below(random.pick([1, 30, 200])))
    const dice = random.below(12)
    let expected: readonly Output[]
    if (dice < 2) {
      const ms = 1 + random.below(60)
      await driver.advanceWallClock(ms)
      // Not to be aborted: a punctuation comes again only with its next interval.
      await driver.commit()
      expected = model.advance(ms)
    } else if (dice < 4) {
      await driver.input('asks', TEXT).pipe(key, 'ask', { timestampMs })
      const asked = model.ask(key, timestampMs)
      expected = asked.gone
      await disturb(driver, random)
      assert.deepEqual(found.readValues(), [asked.found ?? 'none'])
    } else {
      const value = random.below(5) === 0 ? null : String(random.below(100))
      await driver.input('in', NULLABLE).pipe(key, value, { timestampMs })
      expected = model.update(key, value, timestampMs)
    }
    await disturb(driver, random)
    assert.deepEqual(told(output), expected, `step ${step}`)
    const rows = [...driver.table('rows', TEXT).all()]
    assert.deepEqual(
      rows.map(([k, row]) => [k, row.value, row.timestampMs]),
      [...model.rows]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, row]) => [k, row.value, row.timestampMs]),
    )
  }
  await driver.close()
}

async function disturb(driver: TopologyTestDriver, random: SeededRandom): Promise<void> {
  const dice = random.below(8)
  if (dice === 0) await driver.abort()
  await driver.commit()
  if (dice === 1) await driver.restart()
}

for (const by of ['event-time', 'wall-clock'] as const) {
  test(`rows live by ${by} as a list that is looked through each time says, whatever is aborted`, async () => {
    const first = chooseSeed()
    for (let round = 0; round < ROUNDS; round++) {
      const seed = (first + round) >>> 0
      try {
        await run(new SeededRandom(seed), by)
      } catch (error) {
        throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
      }
    }
  })
}
