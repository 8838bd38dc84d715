import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareLatest, compareUpdates, type Update } from './verdict.ts'

/** Updates as `[count, id]`. */
const updates = (...all: readonly (readonly [number, number])[]): readonly Update[] =>
  all.map(([count, id], offset) => ({ count, id, at: `0@${offset}` }))

test('each input counted once, in whatever order, is right', () => {
  assert.equal(compareUpdates('out', 'k', [4, 7, 9], updates([1, 7], [2, 4], [3, 9])), undefined)
})

test('an input without an update is lost', () => {
  const found = compareUpdates('out', 'k', [4, 7], updates([1, 4]))
  assert.deepEqual([found?.lost, found?.duplicated], [1, 0])
  assert.equal(found?.expected, '1 … 2, with the inputs i7')
})

test('an input with two updates is duplicated', () => {
  const found = compareUpdates('out', 'k', [4], updates([1, 4], [2, 4]))
  assert.deepEqual([found?.lost, found?.duplicated], [0, 1])
  assert.equal(found?.got, '1 repeated: 2 (i4, 0@1)')
})

test('counts that begin anew tell that state was lost', () => {
  const found = compareUpdates('out', 'k', [4, 7, 9], updates([1, 4], [2, 7], [1, 9]))
  assert.deepEqual([found?.lost, found?.duplicated], [1, 0])
  assert.equal(found?.got, '1 out of order: 1 (i9, 0@2)')
})

test('a count that jumps tells that state was applied twice', () => {
  const found = compareUpdates('out', 'k', [4, 7], updates([1, 4], [3, 7]))
  assert.deepEqual([found?.lost, found?.duplicated], [0, 1])
})

test('an update of what was never fed is a difference', () => {
  assert.equal(compareUpdates('out', 'k', [], updates([1, 4]))?.duplicated, 1)
})

test('of a cached count the last one has to be right, and none may go back', () => {
  assert.equal(compareLatest('out', 'k', [1, 2, 3], updates([2, 2], [3, 3])), undefined)
  assert.equal(compareLatest('out', 'k', [1, 2, 3], updates([2, 2]))?.lost, 1)
  assert.equal(compareLatest('out', 'k', [1, 2], updates([3, 2]))?.duplicated, 1)
  assert.equal(compareLatest('out', 'k', [1, 2, 3], updates([2, 2], [1, 1], [3, 3]))?.duplicated, 1)
})
