import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coloured, paintFor, plain, Screen } from '@millrace/trial'
import type { Progress } from './progress.ts'
import { lineOf, tableOf } from './table.ts'

const PROGRESS: Progress = {
  text: 'emma.txt',
  guarantee: 'exactly_once_v2',
  words: 1000,
  fedWords: 500,
  countedWords: 250,
  top: [
    ['the', 1204],
    ['averyveryverylongword', 9],
    ['of', 3],
  ],
  processors: ['running', 'dead'],
  recordsPerSecond: 12_345.6,
  lag: 1017,
  commits: 42,
  restored: 7,
  kills: 1,
  plannedKills: 3,
  elapsedMs: 12_340,
}

test('the table without colours', () => {
  assert.deepEqual(tableOf(PROGRESS, plain), [
    'Word count of emma.txt, 1,000 words, exactly_once_v2, 12.3 s',
    '',
    '  fed      ███████████████░░░░░░░░░░░░░░░  50%  500',
    '  counted  ████████░░░░░░░░░░░░░░░░░░░░░░  25%  250',
    '',
    '  processors  running  dead',
    '  kills       1 of 3',
    '  records/s   12,346     lag       1,017',
    '  commits     42         restored  7',
    '',
    '  the              1,204      of                   3',
    '  averyveryveryl       9',
  ])
})

test('without a terminal it is one line', () => {
  assert.equal(
    lineOf(PROGRESS),
    ' 12.3 s  fed  50%  counted  25% (250)  12,346 records/s  lag 1,017  commits 42  kills 1/3  running dead',
  )
})

test('duplicates do not make a bar longer than the whole', () => {
  const line = lineOf({ ...PROGRESS, countedWords: 2000 })
  assert.match(line, /counted 100% \(2,000\)/)
})

test('colours are for terminals that have not opted out', () => {
  assert.equal(paintFor(true, {}), coloured)
  assert.equal(paintFor(false, {}), plain)
  assert.equal(paintFor(true, { NO_COLOR: '1' }), plain)
  assert.equal(paintFor(true, { TERM: 'dumb' }), plain)
})

function written(isTerminal: boolean, size = { columns: 80, rows: 24 }): string {
  let text = ''
  const target = {
    isTerminal,
    paint: plain,
    size: () => size,
    write: (more: string) => {
      text += more
    },
  }
  const screen = new Screen(target, {
    table: (paint) => tableOf(PROGRESS, paint),
    line: () => lineOf(PROGRESS),
  })
  screen.start()
  screen.say('kill 1')
  screen.stop()
  screen.stop()
  return text
}

test('what is no terminal gets lines without escape sequences', () => {
  assert.equal(written(false), `kill 1\n${lineOf(PROGRESS)}\n`)
})

test('a terminal keeps what is said above the table, which is drawn in place', () => {
  const table = `${tableOf(PROGRESS, plain).join('\n')}\n`
  assert.equal(written(true), `kill 1\n${table}\u001b[12A\u001b[0J${table}`)
})

test('a terminal that is too small for the table gets one line', () => {
  const line = `${lineOf(PROGRESS).slice(0, 39)}\n`
  assert.equal(written(true, { columns: 40, rows: 24 }), `kill 1\n${line}\u001b[1A\u001b[0J${line}`)
  assert.match(written(true, { columns: 80, rows: 12 }), /^kill 1\n 12\.3 s {2}fed/)
})
