import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { StreamsBuilder } from '../dsl/streams-builder.ts'
import { nodeTimes, TIMELESS, UNKNOWN_TIME } from './node-times.ts'

const TEXT = { key: serdes.string, value: serdes.string }

/** Two sources; behind `a` one operator after the other; then both together. */
function timesWhen(aMs: number, bMs: number): Record<string, number> {
  const builder = new StreamsBuilder()
  const a = builder.stream('a', { ...TEXT, name: 'a' })
  const b = builder.stream('b', { ...TEXT, name: 'b' })
  const held = a.peek(() => undefined, { name: 'holder' }).peek(() => undefined, { name: 'held' })
  held.merge(b, { name: 'both' })
  const [subtopology] = builder.build().subtopologies
  assert.ok(subtopology !== undefined)
  const holding = (name: string): number => ({ holder: 30, held: 5 })[name] ?? 0
  const times = nodeTimes(subtopology, (source) => (source === 'a' ? aMs : bMs), holding)
  return Object.fromEntries(
    ['holder', 'held', 'both'].map((name) => [name, times.get(name) ?? NaN]),
  )
}

test('what operators hold back adds up below them', () => {
  assert.deepEqual(timesWhen(100, 200), { holder: 100, held: 70, both: 65 })
})

test('the earliest parent counts', () => {
  assert.deepEqual(timesWhen(100, 10), { holder: 100, held: 70, both: 10 })
})

test('a time is never before 0', () => {
  assert.deepEqual(timesWhen(20, 200), { holder: 20, held: 0, both: 0 })
})

test('one parent without a known time is enough for none', () => {
  assert.deepEqual(timesWhen(100, UNKNOWN_TIME), { holder: 100, held: 70, both: UNKNOWN_TIME })
  assert.deepEqual(timesWhen(UNKNOWN_TIME, TIMELESS), {
    holder: UNKNOWN_TIME,
    held: UNKNOWN_TIME,
    both: UNKNOWN_TIME,
  })
})

test('where there was no record nothing is held back', () => {
  assert.deepEqual(timesWhen(TIMELESS, TIMELESS), {
    holder: TIMELESS,
    held: TIMELESS,
    both: TIMELESS,
  })
})
