import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OrderedMap } from './ordered-map.ts'

/** mulberry32 */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }
}

type Entry = readonly [string, number]

function within(
  entries: readonly Entry[],
  from: string | undefined,
  to: string | undefined,
): readonly Entry[] {
  return entries.filter(
    ([key]) => (from === undefined || key >= from) && (to === undefined || key < to),
  )
}

/** A sorted array, sorted again at each write: slow and obvious. */
class SortedArray {
  entries: Entry[] = []

  set(key: string, value: number): void {
    this.delete(key)
    this.entries.push([key, value])
    this.entries.sort(([a], [b]) => (a < b ? -1 : 1))
  }

  delete(key: string): void {
    this.entries = this.entries.filter(([other]) => other !== key)
  }
}

interface OpenView {
  readonly view: Iterator<Entry>
  readonly expected: readonly Entry[]
  at: number
}

/** Random writes and ranges, with views that stay open across them. */
function run(seed: number, steps: number, keys: number): void {
  const random = randomFrom(seed)
  const map = new OrderedMap<number>()
  const model = new SortedArray()
  const open: OpenView[] = []
  const key = (): string => String(random(keys)).padStart(5, '0')
  // Without views no order is asked for.
  const hasViews = seed % 2 === 0
  const bound = (): string | undefined => (random(4) === 0 ? undefined : key())
  for (let step = 0; step < steps; step++) {
    const kind = random(100)
    if (kind < 50) {
      const k = key()
      map.set(k, step)
      model.set(k, step)
    } else if (kind < 70) {
      const k = key()
      map.delete(k)
      model.delete(k)
    } else if (kind < 71) {
      const from = key()
      const to = key()
      const gone = within(model.entries, from, to).map(([k]) => k)
      assert.deepEqual(map.keysWithin(from, to).toSorted(), gone)
      map.deleteRange(from, to)
      for (const k of gone) model.delete(k)
    } else if (kind < 95 && hasViews) {
      const from = bound()
      const to = bound()
      const reverse = random(2) === 1
      const expected = within(model.entries, from, to)
      open.push({
        view: map.range(from, to, reverse),
        expected: reverse ? expected.toReversed() : expected,
        at: 0,
      })
    }
    advance(open, random)
    const k = key()
    const found = model.entries.find(([other]) => other === k)
    assert.equal(map.get(k), found?.[1])
    assert.equal(map.size, model.entries.length)
  }
  while (open.length > 0) advance(open, random)
}

/** Reads on in one of the open views, and drops those that are at their end. */
function advance(open: OpenView[], random: (bound: number) => number): void {
  const one = open[random(open.length)]
  if (one === undefined) return
  for (let left = random(40); left >= 0; left--) {
    const { done, value } = one.view.next() as IteratorResult<Entry, undefined>
    if (done === true) {
      assert.equal(one.at, one.expected.length)
      open.splice(open.indexOf(one), 1)
      return
    }
    assert.deepEqual(value, one.expected[one.at])
    one.at++
  }
}

for (const [steps, keys] of [
  [300, 10],
  [3000, 900],
  [6000, 5000],
] as const) {
  test(`an ordered map of up to ${keys} keys gives what a sorted array gives`, () => {
    const asked = process.env['MILLRACE_SEED']
    const first = asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
    for (let i = 0; i < Math.ceil(20_000 / steps / 4); i++) {
      const seed = (first + i) >>> 0
      try {
        run(seed, steps, keys)
      } catch (error) {
        throw new Error(`repeat with MILLRACE_SEED=${seed}`, { cause: error })
      }
    }
  })
}

test('the values of an ordered map come in the order in which their keys were first set', () => {
  const map = new OrderedMap<number>()
  map.set('b', 1)
  map.set('a', 2)
  map.set('b', 3)
  assert.deepEqual([...map.values()], [3, 2])
})

test('a write of many keys between two ranges is seen by the second', () => {
  const map = new OrderedMap<number>()
  map.set('m', 0)
  assert.equal([...map.range(undefined, undefined, false)].length, 1)
  for (let i = 0; i < 5000; i++) map.set(String(i % 3000), i)
  assert.equal([...map.range(undefined, undefined, false)].length, 3001)
  map.clear()
  assert.equal([...map.range(undefined, undefined, true)].length, 0)
})
