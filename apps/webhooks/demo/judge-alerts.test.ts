import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/trial'
import { expectedAlerts, judgeAlerts } from './judge-alerts.ts'
import { randomLogins } from './logins.ts'

const alert = (user: string, minute: string) => ({ user, minute, failures: 5 })
const FIRST = alert('ann', '2026-01-01T00:00:00.000Z')
const SECOND = alert('ann', '2026-01-01T00:01:00.000Z')
const OTHER = alert('bob', '2026-01-01T00:00:00.000Z')
const ALL = [FIRST, SECOND, OTHER]

test('alerts of different users may come in any order', () => {
  const right = { lost: 0, duplicated: 0, differences: [] }
  assert.deepEqual(judgeAlerts(ALL, ALL), right)
  assert.deepEqual(judgeAlerts(ALL, [OTHER, FIRST, SECOND]), right)
})

test('one that is missing is lost', () => {
  assert.deepEqual(judgeAlerts(ALL, [FIRST, OTHER]), {
    lost: 1,
    duplicated: 0,
    differences: ['lost: 5 failures of ann at 2026-01-01T00:01:00.000Z'],
  })
})

test('one that took effect twice is duplicated, and so is one that nobody asked for', () => {
  const { duplicated, differences } = judgeAlerts([FIRST], [FIRST, FIRST, FIRST, OTHER])
  assert.equal(duplicated, 3)
  assert.deepEqual(differences, [
    'duplicated: 5 failures of ann at 2026-01-01T00:00:00.000Z, 2 too many',
    'duplicated: 5 failures of bob at 2026-01-01T00:00:00.000Z, 1 too many',
  ])
})

test('of one user the later minute must not come first', () => {
  const { lost, duplicated, differences } = judgeAlerts(ALL, [SECOND, FIRST, OTHER])
  assert.deepEqual([lost, duplicated], [0, 0])
  assert.deepEqual(differences, ['out of order: 5 failures of ann at 2026-01-01T00:00:00.000Z'])
})

test('random logins are worth alerts of most users, several for many', () => {
  const logins = randomLogins(20_000, Date.UTC(2026, 0, 1), seededRandom(1))
  const alerts = expectedAlerts(logins)
  assert.ok(alerts.length > 1000, `${alerts.length} alerts`)
  assert.ok(new Set(alerts.map(({ user }) => user)).size > 150)
})

test('however many random logins there are, none is later than the end, and each is after the one before', () => {
  const times = randomLogins(100_000, 1_000_000, seededRandom(11)).map(({ atMs }) => atMs)
  assert.equal(times.length, 100_000)
  assert.equal(times.at(-1), 1_000_000)
  assert.ok(times.every((atMs, n) => n === 0 || atMs >= (times[n - 1] ?? 0)))
})
