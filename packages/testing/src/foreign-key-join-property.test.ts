import { type KStream, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LARGE } from './caching.testkit.ts'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** 4,200 updates one by one, and some 5,000 in bursts. */
const ROUNDS = 70
const STEPS = 60
const BURST_ROUNDS = 80
const BURSTS = 12
const BURST_UPDATES = 10

const LEFT_KEYS = 5
const RIGHT_KEYS = 3
const NULLABLE = { key: serdes.string, value: serdes.nullable(serdes.string) }
const TEXT = { key: serdes.string, value: serdes.string }

type Kind = 'inner' | 'left'
type Value = string | null
type Side = 'left' | 'right'
type Output = readonly [key: string, value: Value, timestampMs: number]

interface Row {
  readonly value: string
  readonly timestampMs: number
}

interface Update {
  readonly side: Side
  readonly key: string
  readonly value: Value
  readonly timestampMs: number
}

/** `f1,x` belongs to `f1`, `-,x` to nobody. */
function foreignKey(value: Value): string | null {
  const [first = '-'] = (value ?? '-').split(',')
  return first === '-' ? null : first
}

const joiner = (left: Value, right: Value): string => `${left}+${right}`

/** What a foreign-key join gives for each update when nothing is on its way, from the two tables alone. */
class Model {
  readonly #kind: Kind
  readonly left: Map<string, Row> = new Map()
  readonly right: Map<string, Row> = new Map()

  constructor(kind: Kind) {
    this.#kind = kind
  }

  update(update: Update): readonly Output[] {
    return update.side === 'left' ? this.#updateLeft(update) : this.#updateRight(update)
  }

  /** The join of the tables as they are. */
  rows(): Map<string, string> {
    const rows = new Map<string, string>()
    for (const [key, { value }] of this.left) {
      const right = this.#rightOf(value)
      if (right !== undefined || this.#kind === 'left') {
        rows.set(key, joiner(value, right?.value ?? null))
      }
    }
    return rows
  }

  #updateLeft({ key, value, timestampMs }: Update): readonly Output[] {
    const before = this.left.get(key)
    set(this.left, key, value, timestampMs)
    const right = this.#rightOf(value)
    if (value !== null && (right !== undefined || this.#kind === 'left')) {
      const joined = joiner(value, right?.value ?? null)
      return [[key, joined, Math.max(timestampMs, right?.timestampMs ?? -1)]]
    }
    if (this.#kind === 'inner') return this.#takenBack(before, { key, value, timestampMs })
    return before === undefined ? [] : [[key, null, timestampMs]]
  }

  /** The row has no result now, and may have had one: when it had a foreign key, and that is another now. */
  #takenBack(
    before: Row | undefined,
    { key, value, timestampMs }: Omit<Update, 'side'>,
  ): readonly Output[] {
    const [old, now] = [foreignKey(before?.value ?? null), foreignKey(value)]
    if (old === null || old === now) return []
    // Without a foreign key it is the old row on the right that answers.
    const answeringMs = now === null ? this.right.get(old)?.timestampMs : undefined
    return [[key, null, Math.max(timestampMs, answeringMs ?? -1)]]
  }

  #updateRight({ key, value, timestampMs }: Update): readonly Output[] {
    set(this.right, key, value, timestampMs)
    return [...this.left]
      .filter(([, row]) => foreignKey(row.value) === key)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([leftKey, row]): Output => {
        const hasResult = value !== null || this.#kind === 'left'
        return [leftKey, hasResult ? joiner(row.value, value) : null, timestampMs]
      })
  }

  #rightOf(value: Value): Row | undefined {
    const key = foreignKey(value)
    return key === null ? undefined : this.right.get(key)
  }
}

function set(rows: Map<string, Row>, key: string, value: Value, timestampMs: number): void {
  if (value === null) rows.delete(key)
  else rows.set(key, { value, timestampMs })
}

function randomUpdate(random: SeededRandom): Update {
  const side = random.pick<Side>(['left', 'left', 'right'])
  const isDelete = random.below(4) === 0
  const timestampMs = random.below(1000)
  if (side === 'right') {
    const value = isDelete ? null : String(random.below(100))
    return { side, key: `f${random.below(RIGHT_KEYS)}`, value, timestampMs }
  }
  const belongsTo = random.pick(['-', 'f0', 'f1', 'f2'])
  const value = isDelete ? null : `${belongsTo},${random.below(3)}`
  return { side, key: `k${random.below(LEFT_KEYS)}`, value, timestampMs }
}

function topology(kind: Kind): Topology {
  const builder = new StreamsBuilder()
  const left = builder.table('left', NULLABLE)
  const right = builder.table('right', NULLABLE)
  const options = { foreignKey, name: 'fk', store: 'joined', ...TEXT }
  const joined =
    kind === 'inner' ? left.join(right, joiner, options) : left.leftJoin(right, joiner, options)
  joined.toStream().to('out')
  return builder.build()
}

/** Each update by itself, some of them aborted once, and with restarts in between. */
async function runOneByOne(random: SeededRandom): Promise<void> {
  const kind = random.pick<Kind>(['inner', 'left'])
  const model = new Model(kind)
  const driver = await TopologyTestDriver.create(topology(kind), {
    commit: 'manual',
    topics: { left: 1 + random.below(3), right: 1 + random.below(3) },
  })
  const output = driver.output('out', TEXT)
  for (let step = 0; step < STEPS; step++) {
    const { side, key, value, timestampMs } = randomUpdate(random)
    const dice = random.below(10)
    await driver.input(side, NULLABLE).pipe(key, value, { timestampMs })
    if (dice === 0) await driver.abort()
    await driver.commit()
    if (dice === 1) await driver.restart()

    const expected = model.update({ side, key, value, timestampMs })
    const told = output.readRecords().map((one): Output => {
      return [one.key ?? '', one.value, one.timestampMs]
    })
    assert.deepEqual(sorted(told), sorted(expected), `step ${step}: ${side} ${key} ${value}`)
    const rows = driver.table('joined', TEXT)
    assert.deepEqual(new Map([...rows.all()].map(([k, row]) => [k, row.value])), model.rows())
  }
  await driver.close()
}

/** Partitions of the left side answer side by side: there is no order between them. */
function sorted(outputs: readonly Output[]): readonly Output[] {
  return [...outputs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/**
 * Both tables behind one topic, each of whose records is many updates, one after the other in time: subscriptions
 * and answers cross. The right side has a topic more on its way, so that its updates come between subscriptions.
 */
function burstTopology(kind: Kind, caching: Readonly<Record<Side, boolean>>): Topology {
  const builder = new StreamsBuilder()
  const updates = builder
    .stream('in', TEXT)
    .flatMapValues((value) => value.split(' '))
    .processValues<string>(() => ({
      process(record, context) {
        const [, , , timestampMs] = record.value.split(':')
        return context.forward(record.withTimestamp(Number(timestampMs)))
      },
    }))
  const rowsOf = (side: Side): KStream<string, Value> =>
    updates
      .filter((_key, update) => update.startsWith(`${side}:`))
      .map((_key, update) => {
        const [, key = '', value = ''] = update.split(':')
        return [key, value === 'null' ? null : value]
      }, NULLABLE)
  const left = rowsOf('left').toTable({ ...NULLABLE, caching: caching.left })
  const right = rowsOf('right')
    .repartition()
    .map((key, value) => [key, value])
    .toTable({ ...NULLABLE, caching: caching.right })
  const options = { foreignKey, name: 'fk', store: 'joined', asksAgain: true, ...TEXT }
  const joined =
    kind === 'inner' ? left.join(right, joiner, options) : left.leftJoin(right, joiner, options)
  joined.toStream().to('out')
  return builder.build()
}

async function runInBursts(random: SeededRandom): Promise<void> {
  const kind = random.pick<Kind>(['inner', 'left'])
  const model = new Model(kind)
  const caching = { left: random.below(2) === 0, right: random.below(2) === 0 }
  const driver = await TopologyTestDriver.create(burstTopology(kind, caching), {
    commit: 'manual',
    cacheMaxBytes: random.pick([0, 300, LARGE]),
    partitions: 1 + random.below(3),
  })
  const told = new Map<string | null, string | null>()
  const output = driver.output('out', TEXT)
  for (let burst = 0; burst < BURSTS; burst++) {
    const updates = Array.from({ length: 1 + random.below(BURST_UPDATES) }, () =>
      randomUpdate(random),
    )
    const value = updates
      .map((one, i) => `${one.side}:${one.key}:${one.value}:${burst * BURST_UPDATES + i}`)
      .join(' ')
    const dice = random.below(6)
    await driver.input('in', TEXT).pipe('all', value, { timestampMs: burst })
    if (dice === 0) await driver.abort()
    if (dice === 1) await driver.restart()
    for (const update of updates) model.update(update)
    if (dice < 3 && burst < BURSTS - 1) continue
    await driver.commit()
    for (const [key, row] of output.readAll()) {
      if (row === null) told.delete(key)
      else told.set(key, row)
    }
    const expected = sortedRows(model.rows())
    assert.deepEqual(sortedRows(told), expected)
    const rows = [...driver.table('joined', TEXT).all()]
    assert.deepEqual(
      rows.map(([key, row]) => [key, row.value]),
      expected,
    )
  }
  await driver.close()
}

function sortedRows(rows: ReadonlyMap<string | null, string | null>): readonly unknown[] {
  return [...rows].sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
}

for (const [title, rounds, run] of [
  [
    'a foreign-key join tells each change as the tables say, whatever is aborted',
    ROUNDS,
    runOneByOne,
  ],
  [
    'a foreign-key join is the join of its tables when nothing is on its way any more',
    BURST_ROUNDS,
    runInBursts,
  ],
] as const) {
  test(title, async () => {
    const first = chooseSeed()
    for (let round = 0; round < rounds; round++) {
      const seed = (first + round) >>> 0
      try {
        await run(new SeededRandom(seed))
      } catch (error) {
        throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
      }
    }
  })
}
