import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareSequences } from './checks.ts'

/** The place of the first difference, for one key. */
function differs(
  expected: readonly string[],
  actual: readonly string[],
  maySkip: boolean,
): string | undefined {
  const of = (values: readonly string[]): ReadonlyMap<string, readonly string[]> =>
    new Map([['k', values]])
  return compareSequences('out', of(expected), of(actual), { maySkip })[0]?.where
}

describe('sequences without gaps', () => {
  for (const [title, actual, place] of [
    ['are the same', ['a', 'b', 'b'], undefined],
    ['lack one', ['a', 'b'], 'out, key k, value 2'],
    ['have one more', ['a', 'b', 'b', 'b'], 'out, key k, value 3'],
    ['are in another order', ['b', 'a', 'b'], 'out, key k, value 0'],
  ] as const) {
    test(title, () => {
      assert.equal(differs(['a', 'b', 'b'], actual, false), place)
    })
  }
})

describe('sequences of which a cache leaves out what is overwritten', () => {
  for (const [title, expected, actual, place] of [
    ['may lack all but the last', ['a', 'b', 'c'], ['c'], undefined],
    ['may lack any of equal ones', ['a', 'b', 'b'], ['b'], undefined],
    ['must have the last', ['a', 'b', 'c'], ['a', 'b'], 'out, key k, value 2'],
    [
      'must have the last, whatever equals the one before',
      ['b', 'a', 'b'],
      ['b', 'a'],
      'out, key k, value 2',
    ],
    ['must have one at least', ['a'], [], 'out, key k, value 0'],
    ['keep their order', ['a', 'b', 'c'], ['b', 'a', 'c'], 'out, key k, value 1'],
    ['have nothing twice', ['a', 'b'], ['a', 'b', 'b'], 'out, key k, value 2'],
  ] as const) {
    test(title, () => {
      assert.equal(differs(expected, actual, true), place)
    })
  }
})
