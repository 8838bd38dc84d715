import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KStream, StreamsBuilder, type ToSinkOptions } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { memorySink } from './sink/memory-sink.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 60
const OPERATORS = 14
const RECORDS = 20
const PARTITIONS = 3
const { key } = TEXT

type Stream = KStream<string, string>

const isLong = (_key: string, value: string): boolean => value.length > 2
const firstLetter = (_key: string, value: string): string => value.slice(0, 1)
const letters = (value: string): readonly string[] => [value.slice(0, 1), value.slice(1, 2)]
const largest = (a: string, b: string): string => (a > b ? a : b)

/** A topology that `random` makes up, with sinks on all ways. */
class RandomTopology {
  readonly builder: StreamsBuilder = new StreamsBuilder()
  readonly sinks: string[] = []
  /** What each `peek` has seen. */
  readonly peeked: string[][] = []
  readonly #random: SeededRandom
  readonly #through: ToSinkOptions<string, string>['through']
  readonly #streams: Stream[]

  constructor(random: SeededRandom, through: 'auto' | 'internal-topic') {
    this.#random = random
    this.#through = through
    this.#streams = [this.builder.stream('in', TEXT), this.builder.stream('other', TEXT)]
    for (let i = 0; i < OPERATORS; i++) this.#grow()
    this.#write(this.#any())
  }

  #grow(): void {
    const stream = this.#any()
    const random = this.#random
    switch (random.below(12)) {
      case 0: {
        this.#add(stream.filter(isLong))
        return
      }
      case 1: {
        this.#add(stream.mapValues((value) => `${value}v`, TEXT))
        return
      }
      case 2: {
        this.#add(stream.flatMapValues(letters, TEXT))
        return
      }
      case 3:
      case 4: {
        this.#add(this.#peek(stream))
        return
      }
      case 5: {
        this.#add(stream.merge(this.#any()))
        return
      }
      case 6: {
        this.#split(stream)
        return
      }
      case 7: {
        this.#add(stream.selectKey(firstLetter, { key }))
        return
      }
      case 8: {
        this.#add(stream.groupByKey(TEXT).reduce(largest, TEXT).toStream())
        return
      }
      case 9: {
        stream.foreach(() => undefined)
        return
      }
      default: {
        this.#write(stream)
        return
      }
    }
  }

  #add(...streams: readonly Stream[]): void {
    this.#streams.push(...streams)
  }

  #peek(stream: Stream): Stream {
    const seen: string[] = []
    this.peeked.push(seen)
    return stream.peek((k, v) => {
      seen.push(`${k}=${v}`)
    })
  }

  /** One of the branches may lead nowhere. */
  #split(stream: Stream): void {
    const { long, rest } = stream.split().branch('long', isLong).default('rest')
    this.#add(...this.#random.pick([[long, rest], [long], [rest]]))
  }

  #write(stream: Stream): void {
    const name = `sink-${this.sinks.length}`
    this.sinks.push(name)
    const sink = memorySink<string, string>()
    stream.toSink(sink, { name, ...TEXT, ...(this.#through && { through: this.#through }) })
  }

  /** Rather one of the last. */
  #any(): Stream {
    const behind = Math.min(this.#random.below(4), this.#random.below(this.#streams.length))
    return this.#streams.at(-1 - behind) ?? assert.fail()
  }
}

interface Run {
  readonly seed: number
  readonly through: 'auto' | 'internal-topic'
  readonly optimization: 'none' | 'all'
}

interface Outcome {
  /** There is no order between partitions, and an internal topic is cut otherwise than its sources. */
  readonly given: Readonly<Record<string, readonly string[]>>
  readonly peeked: readonly (readonly string[])[]
  readonly direct: number
}

async function run({ seed, through, optimization }: Run): Promise<Outcome> {
  const random = new SeededRandom(seed)
  const { builder, sinks, peeked } = new RandomTopology(random, through)
  const topology = builder.build({ optimization })
  const driver = await TopologyTestDriver.create(topology, { partitions: PARTITIONS })
  try {
    for (let i = 0; i < RECORDS; i++) {
      const [topic, k] = [random.pick(['in', 'other']), `k${random.below(5)}`]
      const value = random.pick(['a', 'ab', 'abc', 'b', 'bcd', 'c', 'cab'])
      await driver.input(topic, TEXT).pipe(k, value, { timestampMs: i })
    }
    const given = sinks.map((name): [string, string[]] => [
      name,
      driver
        .readSink(name)
        .map((one) => `${String(one.key)}=${String(one.value)}@${one.timestampMs}`)
        .sort(),
    ])
    const direct = topology.externalSinks.filter(
      ({ name }) => !topology.repartitionTopics.has(`${name}-sink`),
    )
    return {
      given: Object.fromEntries(given),
      peeked: peeked.map((seen) => [...seen].sort()),
      direct: direct.length,
    }
  } finally {
    await driver.close()
  }
}

test('sinks are given the same, and a peek sees each record once, whether sinks are direct or not', async () => {
  const first = chooseSeed()
  let direct = 0
  for (let seed = first; seed < first + ROUNDS; seed++) {
    const through = await run({ seed, through: 'internal-topic', optimization: 'none' })
    assert.equal(through.direct, 0)
    for (const optimization of ['none', 'all'] as const) {
      const auto = await run({ seed, through: 'auto', optimization })
      direct += auto.direct
      const expected = { ...through, direct: auto.direct }
      assert.deepEqual(auto, expected, `repeat it with: ${repeatCommand(seed)}`)
    }
  }
  assert.ok(direct > ROUNDS, `${direct} sinks were direct`)
})
