import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type GlobalKTable,
  type KStream,
  type KTable,
  type ProcessorSupplier,
  serdes,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { LookupModel, type LookupRecord, type PlacedRecord } from './lookup-model.testkit.ts'
import { laterTurn, TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 250
const STEPS = 60
const NULLABLE = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }
const OUT = { key: NULLABLE.key, value: serdes.string }

type Tagging = ProcessorSupplier<string | null, string, string | null, string>

/** Says where a result comes from; in some runs other work comes between. */
const tagging =
  (isSlow: boolean): Tagging =>
  () => ({
    async process(record, context) {
      if (isSlow) await laterTurn()
      const { offset } = context.recordMetadata ?? {}
      await context.forward(record.withValue(`${record.value}#${offset}`))
    },
  })

interface Shape {
  readonly kind: 'inner' | 'left'
  readonly table: 'stored' | 'global'
  readonly historyMs: number | undefined
  readonly graceMs: number | undefined
  readonly isView: boolean
  /** Then several records can be in one transaction, because their order is known. */
  readonly isOneTopic: boolean
  readonly isSlow: boolean
  readonly cacheMaxBytes: number
}

function shapeOf(random: SeededRandom): Shape {
  const table = random.pick(['stored', 'stored', 'stored', 'global'] as const)
  const isGlobal = table === 'global'
  const historyMs = isGlobal ? undefined : random.pick([undefined, 20, 100])
  const graceMs = historyMs === undefined ? undefined : random.pick([undefined, 0, 5, 20])
  return {
    kind: random.pick(['inner', 'left']),
    table,
    historyMs,
    graceMs,
    isView: !isGlobal && random.below(3) === 0,
    isOneTopic: !isGlobal && random.below(3) > 0,
    isSlow: random.below(4) === 0,
    cacheMaxBytes: random.pick([0, 100_000]),
  }
}

const isRow = (value: string | null): boolean => value?.startsWith('t') === true
/** A record of the only topic that deletes a row. */
const DELETE = 't-'

const isShown = (value: string): boolean => !value.endsWith('7')
const shown = (value: string): string => value.toUpperCase()
/** A value such as `s12:a` names a row. */
const rowNamedBy = (value: string | null): string | null => value?.split(':')[1] ?? null

function topology(shape: Shape): Topology {
  const { kind, historyMs, graceMs, isOneTopic, isSlow } = shape
  const builder = new StreamsBuilder()
  const all = builder.stream('in', NULLABLE)
  const stream = isOneTopic ? all.filterNot((_, value) => isRow(value)) : all
  const both = (left: string | null, right: string | null): string => `${left}+${right}`
  const joinWith = (table: KTable<string | null, string>): KStream<string | null, string> => {
    const options = {
      name: 'j',
      value: serdes.string,
      ...(graceMs === undefined ? {} : { grace: graceMs }),
    }
    return kind === 'inner'
      ? stream.join(table, both, options)
      : stream.leftJoin(table, both, options)
  }
  const joinWithGlobal = (table: GlobalKTable<string, string>): KStream<string | null, string> => {
    const key = (_: string | null, value: string | null): string | null => rowNamedBy(value)
    const options = { key, value: serdes.string }
    return kind === 'inner'
      ? stream.join(table, both, options)
      : stream.leftJoin(table, both, options)
  }
  const stored = {
    ...OUT,
    store: 'rows',
    ...(historyMs === undefined ? {} : { versioned: historyMs }),
  }
  const tableOf = (): KTable<string | null, string> => {
    if (!isOneTopic) return builder.table('rows-in', stored)
    const updates = all
      .filter((_, value) => isRow(value))
      .mapValues((value) => (value === DELETE ? null : value))
    return updates.mapValues((value) => value as string).toTable(stored) // null deletes
  }
  const joined =
    shape.table === 'global'
      ? joinWithGlobal(builder.globalTable('rows-in', TEXT))
      : joinWith(
          shape.isView
            ? tableOf()
                .filter((_, value) => isShown(value))
                .mapValues(shown)
            : tableOf(),
        )
  joined.process(tagging(isSlow), OUT).to('out')
  return builder.build()
}

class Run {
  readonly #random: SeededRandom
  readonly #shape: Shape
  readonly #model: LookupModel
  #nowMs: number
  #offset = 0

  constructor(random: SeededRandom, shape: Shape) {
    const { kind, historyMs, graceMs, isView } = shape
    this.#random = random
    this.#shape = shape
    this.#model = new LookupModel({
      kind,
      historyMs,
      graceMs,
      view: (value) => (isView ? (isShown(value) ? shown(value) : null) : value),
      keyOf: ({ key, value }) => (shape.table === 'global' ? rowNamedBy(value) : key),
    })
    this.#nowMs = random.pick([0, 5, 1_700_000_000_000])
  }

  /** The next record, with the topic that it goes to, and what comes of it. */
  next(step: number): {
    readonly topic: string
    readonly record: LookupRecord
    readonly results: readonly PlacedRecord[]
  } {
    const random = this.#random
    const { isOneTopic } = this.#shape
    const place = { key: this.#key(), timestampMs: this.#timeMs() }
    if (random.below(2) === 0) {
      const isDelete = random.below(5) === 0
      this.#model.row({ ...place, value: isDelete ? null : `t${step}` })
      if (!isOneTopic)
        return {
          topic: 'rows-in',
          record: { ...place, value: isDelete ? null : `t${step}` },
          results: [],
        }
      this.#offset++
      return {
        topic: 'in',
        record: { ...place, value: isDelete ? DELETE : `t${step}` },
        results: [],
      }
    }
    const named = random.below(6) === 0 ? '' : `:${random.pick(['a', 'ab', 'b', ''])}`
    const value = random.below(12) === 0 ? null : `s${step}${named}`
    const record = { ...place, value, offset: this.#offset++ }
    return { topic: 'in', record, results: this.#model.record(record) }
  }

  /** A left join with a grace period has no place for a record without a key. */
  #key(): string | null {
    const mayBeNull = this.#shape.graceMs === undefined || this.#shape.kind === 'inner'
    if (mayBeNull && this.#random.below(12) === 0) return null
    return this.#random.pick(['a', 'a', 'ab', 'b', ''])
  }

  #timeMs(): number {
    const random = this.#random
    if (random.below(3) > 0) this.#nowMs += random.below(8)
    if (random.below(40) === 0) this.#nowMs += random.pick([60, 70_000])
    return Math.max(0, this.#nowMs - (random.below(3) === 0 ? random.below(50) : 0))
  }
}

async function run(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const shape = shapeOf(random)
  const model = new Run(random, shape)
  const { cacheMaxBytes } = shape
  const driver = await TopologyTestDriver.create(topology(shape), {
    commit: 'manual',
    cacheMaxBytes,
  })
  const output = driver.output('out', OUT)
  const expected: LookupRecord[] = []
  for (let step = 0; step < STEPS; step++) {
    const { topic, record, results } = model.next(step)
    const { key, value, timestampMs } = record
    await driver.input(topic, NULLABLE).pipe(key, value, { timestampMs })
    for (const { offset, ...one } of results)
      expected.push({ ...one, value: `${one.value}#${offset}` })
    if (random.below(4) === 0) await driver.abort()
    if (random.below(8) === 0) await driver.restart()
    if (!shape.isOneTopic || random.below(5) === 0) await driver.commit()
  }
  await driver.commit()
  const actual = output
    .readRecords()
    .map(({ key, value, timestampMs }) => ({ key, value, timestampMs }))
  assert.deepEqual(actual, expected, JSON.stringify(shape))
  await driver.close()
}

test(`lookups in tables give what the rules say, whatever is aborted or restored (${ROUNDS} random runs)`, async () => {
  const seed = chooseSeed()
  for (let round = 0; round < ROUNDS; round++) {
    try {
      await run(seed + round)
    } catch (cause) {
      throw new Error(`round ${round}; repeat with ${repeatCommand(seed + round)}`, { cause })
    }
  }
})
