import { type KTable, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LARGE } from './caching.testkit.ts'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const ROUNDS = 60
const STEPS = 60
const KEYS = 4
const KINDS = ['inner', 'left', 'outer'] as const
type Kind = (typeof KINDS)[number]
type Rows = ReadonlyMap<string, string>

const joined = (left: string | null, right: string | null): string =>
  `${left ?? '-'}${right ?? '-'}`

/** Group members as a sorted text; what is taken out without having been there is marked. */
function without(members: string, value: string): string | null {
  const all = members.split(' ')
  const at = all.indexOf(value)
  if (at < 0) return `${members} !${value}`
  all.splice(at, 1)
  return all.length === 0 ? null : all.join(' ')
}

const withOne = (members: string, value: string): string =>
  [...members.split(' ').filter((one) => one !== ''), value].sort().join(' ')

/** The joined rows, and grouped by a part of their value: old values must be those that were told before. */
function topology(kind: Kind): Topology {
  const builder = new StreamsBuilder()
  const left: KTable<string, string> = builder.table('left', TEXT)
  const right = builder.table('right', TEXT).mapValues((value) => value.toUpperCase(), TEXT)
  const options = { value: serdes.string }
  const table =
    kind === 'inner'
      ? left.join(right, joined, options)
      : kind === 'left'
        ? left.leftJoin(right, joined, options)
        : left.outerJoin(right, joined, options)
  table.toStream().to('out')
  table
    .groupBy((_key, value) => [value.slice(0, 1), value], { name: 'by-left', ...TEXT })
    .aggregate({
      init: () => '',
      adder: (_key, value, members) => withOne(members, value),
      subtractor: (_key, value, members) => without(members, value),
      store: 'groups',
      value: serdes.string,
    })
  return builder.build()
}

function expectedRows(kind: Kind, left: Rows, right: Rows): Rows {
  const rows = new Map<string, string>()
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(key) ?? null, right.get(key) ?? null]
    if (one === null && kind !== 'outer') continue
    if (other === null && kind === 'inner') continue
    rows.set(key, joined(one, other?.toUpperCase() ?? null))
  }
  return rows
}

function grouped(rows: Rows): Rows {
  const groups = new Map<string, string>()
  for (const value of rows.values()) {
    const group = value.slice(0, 1)
    groups.set(group, withOne(groups.get(group) ?? '', value))
  }
  return groups
}

async function round(random: SeededRandom): Promise<void> {
  const kind = random.pick(KINDS)
  const cacheMaxBytes = random.pick([0, 300, LARGE])
  const driver = await TopologyTestDriver.create(topology(kind), {
    cacheMaxBytes,
    commit: 'manual',
  })
  const rows = { left: new Map<string, string>(), right: new Map<string, string>() }
  const told = new Map<string, string>()
  const output = driver.output('out', TEXT)
  for (let step = 0; step < STEPS; step++) {
    const side = random.pick(['left', 'right'] as const)
    const key = `k${random.below(KEYS)}`
    const value = random.below(3) === 0 ? null : String.fromCharCode(97 + random.below(4))
    await driver.input(side, TEXT).pipe(key, value, { timestampMs: step })
    if (value === null) rows[side].delete(key)
    else rows[side].set(key, value)
    if (random.below(4) > 0) continue
    await driver.commit()
    for (const { key: row, value: now } of output.readRecords()) {
      if (now === null) told.delete(row ?? '')
      else told.set(row ?? '', now)
    }
    const expected = expectedRows(kind, rows.left, rows.right)
    assert.deepEqual(sorted(told), sorted(expected), `${kind} join, cache of ${cacheMaxBytes}`)
    const groups = [...driver.table('groups', TEXT).all()].map(
      ([group, { value: members }]) => [group, members] as const,
    )
    assert.deepEqual(sorted(new Map(groups)), sorted(grouped(expected)))
  }
  await driver.close()
}

function sorted(rows: Rows): readonly (readonly [string, string])[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
}

test('joins of tables that hold updates back come to the same rows, and take out what they had told', async () => {
  const seed = chooseSeed()
  try {
    const random = new SeededRandom(seed)
    for (let i = 0; i < ROUNDS; i++) await round(random)
  } catch (error) {
    throw new Error(`again: ${repeatCommand(seed)}`, { cause: error })
  }
})
