import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesOf } from './demo/text.ts'
import { recount } from './demo/recount.ts'
import { wordsOf } from './words.ts'

/** Text, and its words in the order in which they come. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['— … !', []],
  ['The the THE', ['the', 'the', 'the']],
  ["don't 'quoted' dogs' rock'n'roll", ["don't", 'quoted', 'dogs', "rock'n'roll"]],
  ["it''s", ['it', 's']],
  ['well-known and/or x_y', ['well', 'known', 'and', 'or', 'x', 'y']],
  ['Ångström café cafe\u0301', ['ångström', 'café', 'cafe\u0301']],
  ['ΟΔΟΣ и Москва 東京 \u{1D400}x', ['οδο\u03c2', 'и', 'москва', '東京', '\u{1D400}x']],
  ['1815 3rd', ['1815', '3rd']],
]

for (const [text, words] of CASES) {
  test(`the words of ${JSON.stringify(text)}, by both ways of finding them`, () => {
    assert.deepEqual(wordsOf(text), words)
    const counts = new Map<string, number>()
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    assert.deepEqual(new Map(recount(text)), counts)
  })
}

test('line ends of both kinds end a word, and no line of its own follows the last', () => {
  const text = { name: 'a.txt', content: 'one two\r\nthree\n\nfour\n' }
  assert.deepEqual(linesOf(text), ['one two', 'three', '', 'four'])
  assert.deepEqual(linesOf(text).flatMap(wordsOf), [...recount(text.content).keys()])
})
