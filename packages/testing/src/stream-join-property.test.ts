import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinWindows, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { laterTurn, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { type JoinedRecord, type JoinRules, StreamJoinModel } from './stream-join-model.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 200
const STEPS = 60
const OUT = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }

/** Lets other work run before a result goes on. */
const slow: TextProcessor = () => ({
  async process(record, context) {
    await laterTurn()
    await context.forward(record)
  },
})

/**
 * Where the records of both sides come from: with one topic their order is that of its records, so several of them
 * can be in one transaction; with two topics it is known only while each has a transaction of its own.
 */
type Inputs = 'two topics' | 'one topic' | 'one stream'

interface Shape {
  readonly rules: JoinRules
  readonly inputs: Inputs
  readonly isSlow: boolean
}

function shapeOf(random: SeededRandom): Shape {
  const beforeMs = random.below(25) - 5
  return {
    rules: {
      kind: random.pick(['inner', 'left', 'outer']),
      beforeMs,
      afterMs: Math.max(-beforeMs, random.below(25) - 5),
      graceMs: random.pick([0, 0, 7, 100]),
    },
    inputs: random.pick(['two topics', 'one topic', 'one topic', 'one stream']),
    isSlow: random.below(5) === 0,
  }
}

function isRight(value: string | null): boolean {
  return value?.startsWith('r') === true
}

function topology({ rules, inputs, isSlow }: Shape): Topology {
  const { kind, beforeMs: before, afterMs: after, graceMs: grace } = rules
  const builder = new StreamsBuilder()
  const stream = builder.stream('left', TEXT)
  const left = inputs === 'one topic' ? stream.filterNot((_, value) => isRight(value)) : stream
  const right = {
    'two topics': () => builder.stream('right', TEXT),
    'one topic': () => stream.filter((_, value) => isRight(value)),
    'one stream': () => stream,
  }[inputs]()
  const options = { within: joinWindows({ before, after }, { grace }), value: serdes.string }
  const both = (a: string | null, b: string | null): string => `${a}+${b}`
  const joined = {
    inner: () => left.join(right, both, options),
    left: () => left.leftJoin(right, both, options),
    outer: () => left.outerJoin(right, both, options),
  }[kind]()
  const out = isSlow ? joined.process(slow, TEXT) : joined
  out.to('out')
  return builder.build()
}

class Run {
  readonly #random: SeededRandom
  readonly #shape: Shape
  readonly #model: StreamJoinModel
  #nowMs: number

  constructor(random: SeededRandom, shape: Shape) {
    this.#random = random
    this.#shape = shape
    this.#model = new StreamJoinModel(shape.rules)
    this.#nowMs = random.pick([0, 5, 1_700_000_000_000])
  }

  /** The next record, with the topic that it goes to, and what comes of it. */
  next(step: number): {
    readonly topic: string
    readonly record: JoinedRecord
    readonly results: readonly JoinedRecord[]
  } {
    const random = this.#random
    if (random.below(3) > 0) this.#nowMs += random.below(8)
    if (random.below(40) === 0) this.#nowMs += random.pick([60, 70_000, 200_000])
    const value = random.below(12) === 0 ? null : `${random.pick(['l', 'r'])}${step}`
    const record = {
      key: random.below(12) === 0 ? null : random.pick(['a', 'a', 'b', '']),
      value,
      timestampMs: Math.max(0, this.#nowMs - (random.below(3) === 0 ? random.below(50) : 0)),
    }
    const { inputs } = this.#shape
    if (inputs === 'one stream') {
      return { topic: 'left', record, results: this.#model.self(record) }
    }
    const topic = inputs === 'two topics' && isRight(value) ? 'right' : 'left'
    const results = isRight(value) ? this.#model.right(record) : this.#model.left(record)
    return { topic, record, results }
  }
}

async function run(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const shape = shapeOf(random)
  const model = new Run(random, shape)
  const driver = await TopologyTestDriver.create(topology(shape), { commit: 'manual' })
  const output = driver.output('out', OUT)
  const expected: JoinedRecord[] = []
  for (let step = 0; step < STEPS; step++) {
    const { topic, record, results } = model.next(step)
    await driver
      .input(topic, OUT)
      .pipe(record.key, record.value, { timestampMs: record.timestampMs })
    expected.push(...results)
    if (random.below(4) === 0) await driver.abort()
    if (random.below(8) === 0) await driver.restart()
    if (shape.inputs === 'two topics' || random.below(5) === 0) await driver.commit()
  }
  await driver.commit()
  const actual = output
    .readRecords()
    .map(({ key, value, timestampMs }) => ({ key, value, timestampMs }))
  assert.deepEqual(actual, expected)
  await driver.close()
}

test(`joins of streams give what the rules say, whatever is aborted or restored (${ROUNDS} random runs)`, async () => {
  const seed = chooseSeed()
  for (let round = 0; round < ROUNDS; round++) {
    try {
      await run(seed + round)
    } catch (cause) {
      throw new Error(`round ${round}; repeat with ${repeatCommand(seed + round)}`, { cause })
    }
  }
})
