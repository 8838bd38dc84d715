import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameProblem } from './names.ts'
import { matchesTopic } from './topic-pattern.ts'

test('a name has the characters of a topic name', () => {
  assert.equal(nameProblem('Orders_by.user-1'), undefined)
  for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)]) {
    assert.notEqual(nameProblem(name), undefined, name)
  }
})

test('a pattern must match the whole name of a topic', () => {
  assert.equal(matchesTopic(/in-.*/, 'in-1'), true)
  assert.equal(matchesTopic(/in-.*/, 'main-1'), false)
  assert.equal(matchesTopic(/a|b/, 'ab'), false)
})

test('a global pattern matches the same topic every time', () => {
  const pattern = /in/g
  assert.equal(matchesTopic(pattern, 'in'), true)
  assert.equal(matchesTopic(pattern, 'in'), true)
  assert.equal(matchesTopic(/IN/i, 'in'), true)
})
