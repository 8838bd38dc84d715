import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperatorTimes } from './operator-times.ts'

const NONE: readonly ReadonlyMap<string, number>[] = []

test('a time is -1 at first, and the same object for the same name', () => {
  const times = new OperatorTimes(NONE)
  const time = times.time('a')

  assert.equal(time.ms, -1)
  assert.equal(times.time('a'), time)
  assert.equal(times.isChanged, false)
  assert.deepEqual(times.entries(), new Map())
})

test('times begin with those that were committed, the largest one over the inputs', () => {
  const inputs = [
    new Map([
      ['a', 3],
      ['b', 9],
    ]),
    new Map([['a', 5]]),
    new Map(),
  ]
  const times = new OperatorTimes(inputs)

  assert.equal(times.time('a').ms, 5)
  assert.equal(times.time('b').ms, 9)
  assert.equal(times.isChanged, false)
})

test('a roll-back goes to the last commit', () => {
  const times = new OperatorTimes(NONE)
  const time = times.time('a')
  time.ms = 7
  assert.equal(times.isChanged, true)
  assert.deepEqual(times.entries(), new Map([['a', 7]]))
  times.committed()
  assert.equal(times.isChanged, false)

  time.ms = 8
  times.rollback()

  assert.equal(time.ms, 7)
  assert.equal(times.isChanged, false)
})

test('a savepoint takes one record back', () => {
  const times = new OperatorTimes(NONE)
  const time = times.time('a')
  time.ms = 7
  times.setSavepoint()
  time.ms = 8
  times.time('b').ms = 1
  times.rollbackToSavepoint()

  assert.equal(time.ms, 7)
  assert.equal(times.time('b').ms, -1)
  assert.equal(times.isChanged, true)
})
