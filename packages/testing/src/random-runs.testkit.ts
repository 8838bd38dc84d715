import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KStream, serdes, StreamsBuilder } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { laterTurn, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const NULLABLE = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }
const STEPS = 60

/** A record that goes in, or a result. */
export interface PlainRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

/** An operator between the topics `in` and `out`, and what it must give. */
export interface OperatorUnderTest {
  readonly addTo: (stream: KStream<string, string>) => KStream<string, string>
  /** What comes of the next record, by the rules alone. */
  readonly next: (record: PlainRecord) => readonly PlainRecord[]
}

/** Lets other work run before a result goes on. */
const slow: TextProcessor = () => ({
  async process(record, context) {
    await laterTurn()
    await context.forward(record)
  },
})

/** Records whose times mostly go on, and sometimes jump or lie back. */
class Inputs {
  readonly #random: SeededRandom
  #nowMs: number

  constructor(random: SeededRandom) {
    this.#random = random
    this.#nowMs = random.pick([0, 5, 1_700_000_000_000])
  }

  next(step: number): PlainRecord {
    const random = this.#random
    if (random.below(3) > 0) this.#nowMs += random.below(8)
    if (random.below(40) === 0) this.#nowMs += random.pick([60, 70_000, 200_000])
    return {
      key: random.below(15) === 0 ? null : random.pick(['a', 'a', 'b', '']),
      value: random.below(15) === 0 ? null : `${random.pick(['l', 'r'])}${random.below(6)}:${step}`,
      timestampMs: Math.max(0, this.#nowMs - (random.below(3) === 0 ? random.below(60) : 0)),
    }
  }
}

async function run(make: (random: SeededRandom) => OperatorUnderTest, seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const operator = make(random)
  const builder = new StreamsBuilder()
  const result = operator.addTo(builder.stream('in', TEXT))
  const isSlow = random.below(5) === 0
  ;(isSlow ? result.process(slow, TEXT) : result).to('out', TEXT)
  const driver = await TopologyTestDriver.create(builder.build(), { commit: 'manual' })
  const [input, output] = [driver.input('in', NULLABLE), driver.output('out', NULLABLE)]
  const inputs = new Inputs(random)
  const expected: PlainRecord[] = []
  for (let step = 0; step < STEPS; step++) {
    const record = inputs.next(step)
    await input.pipe(record.key, record.value, { timestampMs: record.timestampMs })
    expected.push(...operator.next(record))
    if (random.below(6) === 0) await driver.abort()
    if (random.below(10) === 0) await driver.restart()
    if (random.below(5) === 0) await driver.commit()
  }
  await driver.commit()
  const actual = output
    .readRecords()
    .map(({ key, value, timestampMs }) => ({ key, value, timestampMs }))
  assert.deepEqual(actual, expected)
  await driver.close()
}

/**
 * Tests an operator in random runs with aborts, restarts and transactions of several records. A failure names the
 * seed, and the command that repeats it.
 */
export function testInRandomRuns(
  title: string,
  rounds: number,
  make: (random: SeededRandom) => OperatorUnderTest,
): void {
  test(`${title} (${rounds} random runs)`, async () => {
    const first = chooseSeed()
    for (let round = 0; round < rounds; round++) {
      const seed = (first + round) >>> 0
      try {
        await run(make, seed)
      } catch (cause) {
        throw new Error(`round ${round}; repeat with ${repeatCommand(seed)}`, { cause })
      }
    }
  })
}
