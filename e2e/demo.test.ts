import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runDemo, untilNoTopics } from './demo-process.testkit.ts'
import type { FinishedProgram } from './program.testkit.ts'

const WORDS = 3000
const WORDS_PER_LINE = 6

let folder: string
let file: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-demo-'))
  file = join(folder, 'text.txt')
  // Some words often, some seldom, as in any text.
  const words = Array.from({ length: WORDS }, (_, n) => `word${n % 7 === 0 ? n % 90 : n % 11}`)
  const lines = words.map((word, n) => word + ((n + 1) % WORDS_PER_LINE === 0 ? '\n' : ' '))
  await writeFile(file, lines.join(''))
})

after(() => rm(folder, { recursive: true }))

function demo(...args: string[]): Promise<FinishedProgram> {
  const text = ['--file', file, '--words-per-second', String(WORDS), '--seed', '1']
  return runDemo({ name: 'word-count', args: [...text, ...args] })
}

describe('the demo', { concurrency: true }, () => {
  test('a kill in a transaction loses and duplicates nothing', { timeout: 120_000 }, async () => {
    const { status, lines, log } = await demo('--kills', '1')
    assert.equal(lines.at(-1), `exactly-once: ${WORDS} words, 0 lost, 0 duplicated, 1 kills`, log)
    assert.equal(status, 0)
    assert.match(log, /kill 1 of 1: processor 0 at \d+%, in a (?:transaction|commit)/)
  })

  // The kill comes within two seconds, the first commit after fifteen: what was written by then is
  // written again. So a demo that cannot fail would be found out.
  test('at least once, what a kill hit is duplicated, and told', { timeout: 120_000 }, async () => {
    const guarantee = ['--guarantee', 'at_least_once', '--commit-interval', '15000']
    const { status, lines, log } = await demo('--kills', '1', ...guarantee)
    const verdict = `^at-least-once: ${WORDS} words, 0 lost, [1-9]\\d* duplicated, 1 kills$`
    assert.match(lines.at(-1) ?? '', new RegExp(verdict), log)
    assert.equal(status, 1)
    assert.match(
      lines.join('\n'),
      /\n {2}word\d+: \d+ in the text, counted \d+ \(\d+ duplicated\)\n/,
    )
  })

  test('an interrupted demo ends its processors and deletes its topics', async () => {
    const { status, log } = await runDemo({
      name: 'word-count',
      args: ['--verbose'],
      interruptAt: '→ running',
    })
    assert.equal(status, 130, log)
    assert.ok(log.endsWith('the app is stopped and its topics are deleted.\n'), log)
    const prefix = /word-count-demo-[0-9a-f]{8}-/.exec(log)?.[0] ?? assert.fail(log)
    await untilNoTopics(prefix)
  })
})
