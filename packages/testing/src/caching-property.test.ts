import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LARGE } from './caching.testkit.ts'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 30
const STEPS = 80
/** Sides of a die of 20; what is between them is a commit too, and the rest are records. */
const ABORT = 0
const COMMIT = 2
const OUT = { key: serdes.string, value: serdes.string }

type Output = readonly [key: string | null, value: string | null]

/** Rows keep what came last; `x` deletes one. Records of value `!` fail, beside the table. */
function topology(): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', TEXT)
  const rows = stream.groupByKey().aggregate({
    store: 'rows',
    value: serdes.string,
    init: () => '',
    add: (_key, value, row) => (value === 'x' ? null : (row + value).slice(-4)),
  })
  rows
    .mapValues((row) => `${row}.`, { store: 'mapped', value: serdes.string })
    .toStream()
    .to('out')
  rows
    .groupBy((_key, row) => [String(row.length), row], { name: 'by-length', ...TEXT })
    .count({ store: 'lengths' })
  stream.processValues(() => ({
    process({ value }) {
      if (value === '!') throw new Error('to be dropped')
    },
  }))
  return builder.build()
}

/** What the table and its output must be, from the rules alone. */
class Model {
  committed = new Map<string, string>()
  rows = new Map<string, string>()
  /** Updates since the last commit; the keys in the order of their last ones. */
  #last = new Map<string, string | null>()
  #each: Output[] = []
  #redo: Output[] = []

  update(key: string, value: string): void {
    this.#redo.push([key, value])
    if (value === '!') return
    const row = value === 'x' ? null : ((this.rows.get(key) ?? '') + value).slice(-4)
    if (row === null) this.rows.delete(key)
    else this.rows.set(key, row)
    this.#last.delete(key)
    this.#last.set(key, row)
    this.#each.push([key, mapped(row)])
  }

  /** What is forwarded without a cache, and with one that is never full. */
  commit(): { readonly each: readonly Output[]; readonly held: readonly Output[] } {
    const held = [...this.#last]
      .filter(([key, row]) => row !== null || this.committed.has(key))
      .map(([key, row]): Output => [key, mapped(row)])
    const each = this.#each
    this.committed = new Map(this.rows)
    this.#reset()
    return { each, held }
  }

  /** The records since the last commit come again. */
  abort(): void {
    this.rows = new Map(this.committed)
    const again = this.#redo
    this.#reset()
    for (const [key, value] of again) this.update(key ?? '', value ?? '')
  }

  get lengths(): Map<string, number> {
    const lengths = new Map<string, number>()
    for (const row of this.rows.values()) {
      const length = String(row.length)
      lengths.set(length, (lengths.get(length) ?? 0) + 1)
    }
    return lengths
  }

  #reset(): void {
    this.#last = new Map()
    this.#each = []
    this.#redo = []
  }
}

function mapped(row: string | null): string | null {
  return row === null ? null : `${row}.`
}

async function run(seed: number, cacheMaxBytes: number): Promise<void> {
  const random = new SeededRandom(seed)
  const model = new Model()
  const driver = await TopologyTestDriver.create(topology(), {
    commit: 'manual',
    cacheMaxBytes,
    processingExceptionHandler: 'continue',
  })
  const input = driver.input('in', TEXT)
  const output = driver.output('out', OUT)
  const outputs: Output[] = []
  const keys = Array.from({ length: 1 + random.below(8) }, (_, i) => `key-${i}`)
  for (let step = 0; step < STEPS; step++) {
    const dice = step === STEPS - 1 ? COMMIT : random.below(20)
    if (dice === ABORT) {
      await driver.abort()
      model.abort()
    } else if (dice <= COMMIT) {
      await driver.commit()
      const { each, held } = model.commit()
      const seen = output.readAll()
      outputs.push(...seen)
      if (cacheMaxBytes === 0) assert.deepEqual(seen, each)
      if (cacheMaxBytes === LARGE) assert.deepEqual(seen, held)
    } else {
      const key = keys[random.below(keys.length)] ?? ''
      const value = random.pick(['1', '2', '3', 'x', '!'])
      await input.pipe(key, value, { timestampMs: random.below(100) })
      model.update(key, value)
    }
  }
  assert.deepEqual(lastOf(outputs), new Map([...model.rows].map(([k, v]) => [k, mapped(v)])))
  const rows = [...driver.table('rows', OUT).all()].map(([key, { value }]) => [key, value] as const)
  assert.deepEqual(new Map(rows), model.rows)
  const lengths = driver.table('lengths', { key: serdes.string, value: serdes.long })
  const counts = [...lengths.all()].map(([key, { value }]) => [key, value] as const)
  assert.deepEqual(new Map(counts.filter(([, count]) => count > 0)), model.lengths)
  await driver.close()
}

/** The topic as a table. */
function lastOf(outputs: readonly Output[]): Map<string | null, string | null> {
  return new Map([...new Map(outputs)].filter(([, value]) => value !== null))
}

for (const [name, cacheMaxBytes] of [
  ['without a cache each update', 0],
  ['with a cache that is too small some', 150],
  ['with a cache that is large enough one change a key and commit', LARGE],
] as const) {
  test(`${name} is forwarded, and the tables are the same, whatever is aborted and dropped`, async () => {
    const first = chooseSeed()
    for (let round = 0; round < ROUNDS; round++) {
      const seed = (first + round) >>> 0
      try {
        await run(seed, cacheMaxBytes)
      } catch (error) {
        throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
      }
    }
  })
}
