import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plain } from './terminal/paint.ts'
import { trialLine, trialTable, type TrialProgress } from './trial-screen.ts'

const PROGRESS: TrialProgress = {
  name: 'webhooks',
  effects: 'alerts',
  records: 20_000,
  fed: 10_000,
  expectedEffects: 2000,
  doneEffects: 500,
  effectsPerSecond: 49.6,
  lag: 1017,
  state: 'working',
  kills: 1,
  plannedKills: 5,
  elapsedMs: 12_340,
}

test('the table without colours', () => {
  assert.deepEqual(trialTable(PROGRESS, plain), [
    'webhooks, 20,000 records, 12.3 s',
    '',
    '  fed       ███████████████░░░░░░░░░░░░░░░   50%  10,000',
    '  alerts    ████████░░░░░░░░░░░░░░░░░░░░░░   25%  500',
    '',
    '  app       working',
    '  kills     1 of 5',
    '  speed     50 alerts/s',
    '  lag       1,017',
  ])
})

test('without a terminal it is one line', () => {
  assert.equal(
    trialLine(PROGRESS),
    ' 12.3 s  fed  50%  alerts  25% (500)  50 alerts/s  lag 1,017  kills 1/5  working',
  )
})
