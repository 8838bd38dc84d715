import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RangeDeletions } from './range-deletions.ts'
import { SeededRandom } from './seeded-random.testkit.ts'

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')

function printed(deletions: RangeDeletions): readonly string[] {
  return deletions
    .ranges()
    .map(({ from, to }) => `${Buffer.from(from).toString()}-${Buffer.from(to).toString()}`)
}

test('a range without writes is deleted as it is, and an empty one not at all', () => {
  const deletions = new RangeDeletions()
  deletions.delete({ from: utf8('a'), to: utf8('c') })
  deletions.delete({ from: utf8('d'), to: utf8('d') })
  deletions.delete({ from: utf8('f'), to: utf8('e') })
  assert.deepEqual(printed(deletions), ['a-c'])
})

test('rows that were written after the deletion are left out of it', () => {
  const deletions = new RangeDeletions()
  deletions.written(utf8('b'))
  deletions.delete({ from: utf8('a'), to: utf8('d') })
  for (const row of ['c', 'a', 'c', 'x']) deletions.written(utf8(row))
  assert.deepEqual(printed(deletions), ['a\0-c', 'c\0-d'])
})

test('ranges after the writes leave what ranges before them and the writes would', () => {
  const random = new SeededRandom()
  const keys = ['', 'a', 'a\0', 'a\0\0', 'ab', 'b', 'c', 'c\0']
  const pick = (): string => keys[random.below(keys.length)] ?? ''
  for (let i = 0; i < 5000; i++) {
    const deletions = new RangeDeletions()
    // Names: true for one written in this step, false for one from before it.
    const expected = new Map<string, boolean>(keys.map((key) => [key, false]))
    const actual = new Map<string, boolean>(expected)
    for (let step = random.below(6); step >= 0; step--) {
      if (random.below(2) === 0) {
        const [from, to] = [pick(), pick()]
        deletions.delete({ from: utf8(from), to: utf8(to) })
        for (const key of keys) if (key >= from && key < to) expected.delete(key)
      } else {
        const key = pick()
        deletions.written(utf8(key))
        expected.set(key, true)
        actual.set(key, true)
      }
    }
    for (const { from, to } of deletions.ranges()) {
      for (const key of keys) {
        const row = utf8(key)
        if (Buffer.compare(row, from) >= 0 && Buffer.compare(row, to) < 0) actual.delete(key)
      }
    }
    assert.deepEqual([...actual].sort(), [...expected].sort(), random.repeat)
  }
})
