import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, record } from '../../processor/collect.testkit.ts'
import { filter, filterNot } from './filter.ts'

const isEven = (_key: string, value: number): boolean => value % 2 === 0
const numbers = [record('a', 1), record('b', 2), record('c', 4)]

test('filter forwards what the predicate keeps, in order', async () => {
  const out = await collect(filter(isEven), numbers)

  assert.deepEqual(out, [record('b', 2), record('c', 4)])
})

test('filterNot forwards what the predicate does not keep', async () => {
  const out = await collect(filterNot(isEven), numbers)

  assert.deepEqual(out, [record('a', 1)])
})

test('filter asks the predicate about null keys and values', async () => {
  const input = [record<string | null, number | null>(null, null), record('a', 1)]
  const isWhole = (key: string | null, value: number | null): boolean =>
    key === null && value === null

  assert.deepEqual(await collect(filter(isWhole), input), [record(null, null)])
})

test('filter lets an exception of the predicate through', async () => {
  const boom = new Error('boom')
  const failing = filter<string, number>(() => {
    throw boom
  })

  await assert.rejects(() => collect(failing, [record('a', 1)]), boom)
})
