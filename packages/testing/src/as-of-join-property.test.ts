import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes, StreamsBuilder } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import {
  type OperatorUnderTest,
  type PlainRecord,
  testInRandomRuns,
} from './random-runs.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

interface Rules {
  readonly toleranceMs: number
  readonly graceMs: number
  readonly isLeft: boolean
  readonly waits: boolean
}

const isRight = (value: string | null): boolean => value?.startsWith('r') === true
const pair = (left: string, right: string | null): string => `${left}+${right}`

/** Keeps everything, and looks through all of it. */
class Model {
  readonly #rules: Rules
  readonly #rights: PlainRecord[] = []
  #waiting: PlainRecord[] = []
  #timeMs = -1
  #rightTimeMs = -1

  constructor(rules: Rules) {
    this.#rules = rules
  }

  next(record: PlainRecord): readonly PlainRecord[] {
    const { key, value, timestampMs } = record
    if (value === null) return []
    if (isRight(value)) {
      if (key === null) return []
      const released = this.#advance(timestampMs)
      this.#rightTimeMs = Math.max(this.#rightTimeMs, timestampMs)
      this.#rights.push(record)
      return released
    }
    if (key === null) return this.#rules.isLeft ? [{ ...record, value: pair(value, null) }] : []
    if (!this.#rules.waits || timestampMs < this.#timeMs - this.#rules.graceMs) {
      return this.#join(record)
    }
    this.#waiting.push(record)
    return this.#advance(timestampMs)
  }

  #advance(timestampMs: number): readonly PlainRecord[] {
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    const isOver = (one: PlainRecord): boolean =>
      one.timestampMs + this.#rules.graceMs < this.#timeMs
    const over = this.#waiting.filter(isOver).sort(byTimeAndKey)
    this.#waiting = this.#waiting.filter((one) => !isOver(one))
    return over.flatMap((one) => this.#join(one))
  }

  #join(record: PlainRecord): readonly PlainRecord[] {
    const { toleranceMs, graceMs, isLeft } = this.#rules
    const [match] = this.#rights
      .filter(({ key }) => key === record.key)
      .filter(
        ({ timestampMs: ms }) => ms <= record.timestampMs && ms >= record.timestampMs - toleranceMs,
      )
      // Nothing is promised of what is older than the store looks back.
      .filter(({ timestampMs: ms }) => ms >= this.#rightTimeMs - toleranceMs - graceMs)
      .reverse()
      .sort((a, b) => b.timestampMs - a.timestampMs)
    if (match === undefined && !isLeft) return []
    return [{ ...record, value: pair(record.value ?? '', match?.value ?? null) }]
  }
}

function byTimeAndKey(a: PlainRecord, b: PlainRecord): number {
  return a.timestampMs - b.timestampMs || Buffer.compare(bytesOf(a.key), bytesOf(b.key))
}

function bytesOf(key: string | null): Buffer {
  return Buffer.from(key ?? '')
}

function operatorOf(rules: Rules): OperatorUnderTest {
  const model = new Model(rules)
  const { toleranceMs: tolerance, graceMs: grace, waits: wait } = rules
  return {
    addTo: (stream) => {
      const left = stream.filterNot((_, value) => isRight(value))
      const right = stream.filter((_, value) => isRight(value))
      const options = { tolerance, grace, wait, value: serdes.string }
      return rules.isLeft
        ? left.asOfLeftJoin(right, pair, options)
        : left.asOfJoin(right, pair, options)
    },
    next: (record) => model.next(record),
  }
}

testInRandomRuns('an as-of join finds the latest record that is not later', 150, (random) =>
  operatorOf({
    toleranceMs: random.pick([0, 10, 60, 70_000]),
    graceMs: random.pick([0, 10, 100, 70_000]),
    isLeft: random.below(2) === 0,
    waits: random.below(4) > 0,
  }),
)

const RUNS = 60
const RECORDS = 40
const GRACE_MS = 50

/** What comes out when the records come in this order, and one that lets time pass at the end. */
async function resultsOf(records: readonly PlainRecord[]): Promise<readonly PlainRecord[]> {
  const builder = new StreamsBuilder()
  const rules = { toleranceMs: 40, graceMs: GRACE_MS, isLeft: true, waits: true }
  operatorOf(rules).addTo(builder.stream('in', TEXT)).to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', TEXT)
  const end = { key: 'z', value: 'r', timestampMs: 1_000_000 }
  for (const { key, value, timestampMs } of [...records, end]) {
    await input.pipe(key ?? '', value ?? '', { timestampMs })
  }
  const results = driver.output('out', TEXT).readRecords()
  await driver.close()
  return results.map(({ key, value, timestampMs }) => ({ key, value, timestampMs }))
}

test(`its results do not depend on the order of coming, up to the grace (${RUNS} random orders)`, async () => {
  const first = chooseSeed()
  for (let round = 0; round < RUNS; round++) {
    const seed = (first + round) >>> 0
    const random = new SeededRandom(seed)
    const records = Array.from({ length: RECORDS }, (_, i) => ({
      key: random.pick(['a', 'b']),
      value: `${random.pick(['l', 'r'])}${i}`,
      timestampMs: 10 * i + random.below(10),
    }))
    const shuffled = records
      .map((record) => ({ record, comesMs: record.timestampMs + random.below(GRACE_MS + 1) }))
      .sort((a, b) => a.comesMs - b.comesMs)
      .map(({ record }) => record)
    assert.deepEqual(await resultsOf(shuffled), await resultsOf(records), repeatCommand(seed))
  }
})
