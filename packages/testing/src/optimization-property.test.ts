import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KStream, serdes, StreamsBuilder } from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 60
const OPERATORS = 12
const RECORDS = 25
const PARTITIONS = 3
const { key } = TEXT
const COUNTED = { key, value: serdes.long }
const OUT = { key, value: serdes.bytes }

type Stream = KStream<string, string>

const firstLetter = (_key: string, value: string): string => value.slice(0, 1)
const isLong = (_key: string, value: string): boolean => value.length > 2
const largest = (a: string, b: string): string => (a > b ? a : b)

/** A topology that `random` makes up, and the topics that it writes. */
class RandomTopology {
  readonly builder: StreamsBuilder = new StreamsBuilder()
  readonly outputs: string[] = []
  readonly #random: SeededRandom
  readonly #streams: Stream[]

  constructor(random: SeededRandom) {
    this.#random = random
    const rows = this.builder.table('rows', { ...TEXT, store: 'rows' })
    this.#streams = [
      this.builder.stream('in', TEXT),
      this.builder.stream('other', TEXT),
      rows.toStream(),
    ]
    rows
      .groupBy((_key, value) => [value.slice(0, 1), value], TEXT)
      .count(COUNTED)
      .toStream()
      .to(this.#output())
    for (let i = 0; i < OPERATORS; i++) this.#grow()
  }

  #output(): string {
    const topic = `out-${this.outputs.length}`
    this.outputs.push(topic)
    return topic
  }

  #grow(): void {
    const stream = this.#any()
    switch (this.#random.below(9)) {
      case 0:
        this.#streams.push(stream.filter(isLong))
        return
      case 1:
        this.#streams.push(stream.mapValues((value) => `${value}v`, TEXT))
        return
      case 2:
      case 3:
        this.#streams.push(stream.selectKey(firstLetter, { key }))
        return
      case 4:
      case 5:
        this.#streams.push(stream.merge(this.#any()))
        return
      case 6:
        stream.to(this.#output(), TEXT)
        return
      case 7:
        stream.groupByKey(TEXT).count(COUNTED).toStream().to(this.#output())
        return
      default:
        stream.groupByKey(TEXT).reduce(largest, TEXT).toStream().to(this.#output())
    }
  }

  /** Rather one of the last. */
  #any(): Stream {
    const behind = Math.min(this.#random.below(3), this.#random.below(this.#streams.length))
    return this.#streams.at(-1 - behind) ?? assert.fail()
  }
}

interface Run {
  readonly seed: number
  readonly optimization: 'none' | 'all'
  /** Now and then all is restored from the changelogs. */
  readonly restarts: boolean
}

/** After each record, what each topic holds: the last value of each key, and how many records there are. */
async function run({ seed, optimization, restarts }: Run): Promise<readonly string[]> {
  const random = new SeededRandom(seed)
  const { builder, outputs } = new RandomTopology(random)
  const driver = await TopologyTestDriver.create(builder.build({ optimization }), {
    partitions: PARTITIONS,
  })
  const held: string[] = []
  try {
    const read = new Map(outputs.map((topic) => [topic, driver.output(topic, OUT)]))
    const last = new Map<string, string>()
    for (let i = 0; i < RECORDS; i++) {
      const topic = random.pick(['in', 'other', 'rows'])
      const value = random.pick(['a', 'ab', 'abc', 'b', 'bcd', 'c', 'cab'])
      const restart = random.below(4) === 0
      if (restarts && restart) await driver.restart()
      const timestampMs = random.below(100)
      await driver.input(topic, TEXT).pipe(`k${random.below(5)}`, value, { timestampMs })
      for (const [output, records] of read) {
        for (const { key: k, value: v } of records.readRecords()) {
          last.set(`${output} ${k}`, v === null ? 'null' : Buffer.from(v).toString('hex'))
        }
      }
      held.push(
        [...last]
          .map(([place, v]) => `${place}=${v}`)
          .sort()
          .join('\n'),
      )
    }
  } finally {
    await driver.close()
  }
  return held
}

test('optimised topologies have the results of those that are not, in several partitions and after restarts', async () => {
  const first = chooseSeed()
  for (let seed = first; seed < first + ROUNDS; seed++) {
    const plain = await run({ seed, optimization: 'none', restarts: false })
    const optimised = await run({ seed, optimization: 'all', restarts: true })
    assert.deepEqual(optimised, plain, `repeat it with: ${repeatCommand(seed)}`)
  }
})
