import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { type CountWindows } from './count-windowed-kstream.ts'
import { RunnerBed } from './runner-bed.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const join = (before: string, value: string): string => `${before}${value}`

const bedOf = (windows: CountWindows): RunnerBed =>
  new RunnerBed((b) => {
    b.stream('in', text).groupByKey().windowedByCount(windows).reduce(join).to('out')
  })

test('a window that does not overlap gives a result when it is full', () => {
  const pipe = bedOf({ size: 3 }).topic('in')
  assert.deepEqual(
    ['1', '2', '3', '4', '5', '6', '7'].map((value) => pipe('a', value, 10)),
    [[], [], ['a 123 @10'], [], [], ['a 456 @10'], []],
  )
})

test('overlapping windows give a result after each advance, from the first full one on', () => {
  const pipe = bedOf({ size: 3, advance: 2 }).topic('in')
  assert.deepEqual(
    ['1', '2', '3', '4', '5', '6', '7'].map((value) => pipe('a', value, 10)),
    [[], [], ['a 123 @10'], [], ['a 345 @10'], [], ['a 567 @10']],
  )
})

test('each key has windows of its own', () => {
  const pipe = bedOf({ size: 2 }).topic('in')
  pipe('a', '1', 10)
  assert.deepEqual(pipe('b', '2', 10), [])
  assert.deepEqual(pipe('a', '3', 10), ['a 13 @10'])
})

test('a result has the largest timestamp of its window, and the headers of the record that filled it', () => {
  const pipe = bedOf({ size: 2, advance: 1 }).topic('in')
  pipe('a', '1', 30, 'first')
  assert.deepEqual(pipe('a', '2', 10, 'second'), ['a 12 @30 second'])
  assert.deepEqual(pipe('a', '3', 20), ['a 23 @20'])
})

test('an aggregate begins anew with each window', () => {
  const bed = new RunnerBed((b) => {
    b.stream('in', text)
      .groupByKey()
      .windowedByCount({ size: 2 })
      .aggregate({
        init: () => '<',
        add: (key, value, aggregate) => `${aggregate}${key}${value}`,
        value: serdes.string,
      })
      .to('out')
  })
  const pipe = bed.topic('in')
  pipe('a', '1', 10)
  assert.deepEqual(pipe('a', '2', 10), ['a <a1a2 @10'])
  pipe('a', '3', 10)
  assert.deepEqual(pipe('a', '4', 10), ['a <a3a4 @10'])
})

test('null keys and values are dropped, counted, and not part of a window', () => {
  const bed = bedOf({ size: 2 })
  const pipe = bed.topic('in')
  pipe('a', '1', 10)
  assert.deepEqual(pipe('a', null, 10), [])
  assert.deepEqual(pipe(null, '2', 10), [])
  assert.deepEqual(pipe('a', '3', 10), ['a 13 @10'])
  assert.deepEqual(bed.dropped, ['null-value', 'null-key'])
})

test('windows of no records, and those that leave records out, are refused', () => {
  const grouped = new StreamsBuilder().stream('in', text).groupByKey()
  const refused = (windows: CountWindows, message: string): void => {
    assert.throws(() => grouped.windowedByCount(windows), { name: 'TypeError', message })
  }
  refused({ size: 0 }, 'no number of records: 0')
  refused({ size: 1.5 }, 'no number of records: 1.5')
  refused({ size: 2, advance: 3 }, 'windows of 2 records cannot advance by 3')
  refused({ size: 2, advance: 0 }, 'windows of 2 records cannot advance by 0')
})

test('stores are named after the option, and the repartition topic after the grouping', () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .groupBy((_, value) => value, { ...text, name: 'by-value' })
    .windowedByCount({ size: 2 })
    .reduce(join, { store: 'last', name: 'pairs' })
    .to('out')
  const { subtopologies, repartitionTopics } = builder.build()
  assert.deepEqual([...repartitionTopics.keys()], ['by-value-repartition'])
  assert.deepEqual(
    subtopologies.flatMap(({ stores }) => stores.map(({ name }) => name)),
    ['last-counts', 'last-values'],
  )
})
