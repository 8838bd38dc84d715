import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import type { DedupOptions } from './dedup-stream.ts'
import { RunnerBed } from './runner-bed.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const RULES: DedupOptions<string, string> = {
  id: (value) => (value === '?' ? null : value.slice(0, 1)),
  within: 10,
  grace: 100,
}

const bedOf = (rules: Partial<DedupOptions<string, string>> = {}): RunnerBed =>
  new RunnerBed((b) => {
    b.stream('in', text)
      .dedup({ ...RULES, ...rules })
      .to('out')
  })

test('the first record of an id passes as it is, and others within the time do not', () => {
  const pipe = bedOf().topic('in')
  assert.deepEqual(pipe('a', 'x1', 100, 'header'), ['a x1 @100 header'])
  assert.deepEqual(pipe('a', 'x2', 110), [])
  assert.deepEqual(pipe('a', 'x3', 111), ['a x3 @111'])
  assert.deepEqual(pipe('a', 'y1', 111), ['a y1 @111'])
})

test('it is the first to come that passes, also of one that is later by time', () => {
  const pipe = bedOf().topic('in')
  assert.deepEqual(pipe('a', 'x1', 100), ['a x1 @100'])
  assert.deepEqual(pipe('a', 'x2', 90), [])
  assert.deepEqual(pipe('a', 'x3', 89), ['a x3 @89'])
})

test('a duplicate does not prolong the time', () => {
  const pipe = bedOf().topic('in')
  pipe('a', 'x1', 100)
  assert.deepEqual(pipe('a', 'x2', 108), [])
  assert.deepEqual(pipe('a', 'x3', 112), ['a x3 @112'])
})

test('records of other keys are others, and one without an id passes', () => {
  const pipe = bedOf().topic('in')
  pipe('a', 'x1', 100)
  assert.deepEqual(pipe('b', 'x2', 100), ['b x2 @100'])
  assert.deepEqual(pipe('a', '?', 100), ['a ? @100'])
  assert.deepEqual(pipe('a', '?', 100), ['a ? @100'])
})

test('a key and an id are told apart from another pair with the same text', () => {
  const pipe = bedOf({ id: (value) => value }).topic('in')
  assert.deepEqual(pipe('ab', 'c', 100), ['ab c @100'])
  assert.deepEqual(pipe('a', 'bc', 100), ['a bc @100'])
})

test('a record without a key, and one that is later than the grace, are dropped and counted', () => {
  const bed = bedOf({ grace: 5 })
  const pipe = bed.topic('in')
  assert.deepEqual(pipe(null, 'x', 100), [])
  assert.deepEqual(pipe('a', 'x1', 95), ['a x1 @95'])
  assert.deepEqual(pipe('a', 'y1', 94), [])
  assert.deepEqual(bed.dropped, ['null-key', 'late'])
})

test('a stream whose key may have changed is repartitioned, under the name of the operator or the store', () => {
  const topics = (options: object): readonly string[] => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .selectKey((_, value) => value, text)
      .dedup({ ...RULES, ...options })
      .to('out')
    const { repartitionTopics, subtopologies } = builder.build()
    const stores = subtopologies.flatMap((part) => part.stores.map(({ name }) => name))
    return [...repartitionTopics.keys(), ...stores]
  }
  assert.deepEqual(topics({}), [
    'KSTREAM-DEDUP-STATE-STORE-0000000002-repartition',
    'KSTREAM-DEDUP-STATE-STORE-0000000002',
  ])
  assert.deepEqual(topics({ store: 'seen' }), ['seen-repartition', 'seen'])
  assert.deepEqual(topics({ store: 'seen', name: 'once' }), ['once-repartition', 'seen'])
})

test('without a serde for the key it does not build', () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .map((key, value) => [key, value])
    .dedup({ ...RULES, store: 'seen', value: serdes.string })
  assert.throws(() => builder.build(), /no key serde for the/)
})
