import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feedLimit, planKills } from './kill-plan.ts'
import { seededRandom } from './random.ts'

const plan = planKills(4, 100, seededRandom(1))

test('the same seed gives the same plan, another one another', () => {
  assert.deepEqual(planKills(4, 100, seededRandom(1)), plan)
  assert.notDeepEqual(planKills(4, 100, seededRandom(2)), plan)
})

test('one kill falls into each part of the work, none at its ends', () => {
  const parts = plan.map(({ atFraction }) => Math.floor((atFraction - 0.05) / 0.2))
  assert.deepEqual(parts, [0, 1, 2, 3])
})

test('a kill comes within two commits after its place', () => {
  assert.ok(plan.every(({ delayMs }) => delayMs >= 0 && delayMs <= 200))
})

test('nothing is fed to its end before the last kill', () => {
  for (const done of plan.keys()) assert.ok(feedLimit(plan, done, false) < 1)
  assert.equal(feedLimit(plan, plan.length, false), 1)
  assert.equal(feedLimit([], 0, false), 1)
})

test('a kill that waits for work has a share of the work that is its own', () => {
  for (const done of plan.keys()) {
    const share = feedLimit(plan, done, true) - feedLimit(plan, done, false)
    assert.ok(share > 0.07, `kill ${done} has ${share}`)
  }
})

test('what a kill waits for is fed before it, wherever it is placed', () => {
  for (const kills of [1, 2, 3, 5]) {
    const latest = planKills(kills, 100, () => 0.999)
    for (const [done, { atFraction }] of latest.entries()) {
      assert.ok(feedLimit(latest, done, false) > atFraction, `kill ${done} of ${kills}`)
    }
  }
})

test('random numbers are spread evenly', () => {
  const random = seededRandom(3)
  const buckets = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) {
    const bucket = Math.floor(random() * 4)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  assert.ok(
    buckets.every((size) => size > 900 && size < 1100),
    String(buckets),
  )
})
