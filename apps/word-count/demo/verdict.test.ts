import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger } from './ledger.ts'
import { faultLines, judge, verdictLine } from './verdict.ts'

const EXPECTED: ReadonlyMap<string, number> = new Map([
  ['the', 3],
  ['whale', 1],
])

function ledgerOf(updates: Readonly<Record<string, readonly number[]>>): Ledger {
  const ledger = new Ledger()
  for (const [word, counts] of Object.entries(updates)) {
    for (const count of counts) ledger.add(word, count)
  }
  return ledger
}

function judged(updates: Readonly<Record<string, readonly number[]>>): readonly string[] {
  const verdict = judge(EXPECTED, ledgerOf(updates))
  return [...faultLines(verdict), verdictLine(verdict, 'exactly_once_v2', 2)]
}

test('counts that go 1, 2, 3 up to the number in the text are right', () => {
  assert.deepEqual(judged({ the: [1, 2, 3], whale: [1] }), [
    'exactly-once: 4 words, 0 lost, 0 duplicated, 2 kills',
  ])
})

test('a count too low is a loss', () => {
  assert.deepEqual(judged({ the: [1, 2], whale: [1] }), [
    '  the: 3 in the text, counted 2 (1 lost)',
    'exactly-once: 4 words, 1 lost, 0 duplicated, 2 kills',
  ])
})

test('a word that is missing is a loss', () => {
  assert.deepEqual(judged({ the: [1, 2, 3] }), [
    '  whale: 1 in the text, counted 0 (1 lost)',
    'exactly-once: 4 words, 1 lost, 0 duplicated, 2 kills',
  ])
})

test('a count too high is a duplicate', () => {
  assert.deepEqual(judged({ the: [1, 2, 3, 4, 5], whale: [1] }), [
    '  the: 3 in the text, counted 5 (2 duplicated)',
    'exactly-once: 4 words, 0 lost, 2 duplicated, 2 kills',
  ])
})

test('an update that comes twice is a duplicate although the last count is right', () => {
  assert.deepEqual(judged({ the: [1, 2, 2, 3], whale: [1] }), [
    '  the: 3 in the text, counted 3 (1 duplicated)',
    'exactly-once: 4 words, 0 lost, 1 duplicated, 2 kills',
  ])
})

test('an update that is missing is a loss although the last count is right', () => {
  assert.deepEqual(judged({ the: [1, 3], whale: [1] }), [
    '  the: 3 in the text, counted 3 (1 lost)',
    'exactly-once: 4 words, 1 lost, 0 duplicated, 2 kills',
  ])
})

test('a loss and a duplicate of the same word do not cancel out', () => {
  assert.deepEqual(
    judged({ the: [1, 1, 3], whale: [1] }).at(-1),
    'exactly-once: 4 words, 1 lost, 1 duplicated, 2 kills',
  )
})

test('a word that the text does not have is a duplicate', () => {
  assert.deepEqual(judged({ the: [1, 2, 3], whale: [1], shark: [1, 2] }), [
    '  shark: 0 in the text, counted 2 (2 duplicated)',
    'exactly-once: 4 words, 0 lost, 2 duplicated, 2 kills',
  ])
})

test('updates out of order are a fault, though none is lost or duplicated', () => {
  const verdict = judge(EXPECTED, ledgerOf({ the: [2, 1, 3], whale: [1] }))
  assert.deepEqual(faultLines(verdict), ['  the: 3 in the text, counted 3 (updates out of order)'])
  assert.equal(verdict.faults.length, 1)
})

test('the line names the guarantee', () => {
  const verdict = judge(new Map(), new Ledger())
  assert.equal(
    verdictLine(verdict, 'at_least_once', 0),
    'at-least-once: 0 words, 0 lost, 0 duplicated, 0 kills',
  )
})

test('the largest differences come first, the rest is counted', () => {
  const expected = new Map(Array.from({ length: 12 }, (_, n) => [`w${n}`, n + 1]))
  const lines = faultLines(judge(expected, new Ledger()))
  assert.equal(lines.length, 11)
  assert.equal(lines[0], '  w11: 12 in the text, counted 0 (12 lost)')
  assert.equal(lines[10], '  … and 2 more words')
})
