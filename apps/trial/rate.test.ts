import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rate } from './rate.ts'

test('the rate is the growth a second over the last three seconds', () => {
  const rate = new Rate()
  assert.equal(rate.perSecond(0, 0), 0)
  assert.equal(rate.perSecond(500, 1000), 500)
  assert.equal(rate.perSecond(2500, 2000), 1250)
  assert.equal(rate.perSecond(2500, 4500), 0)
})

test('a counter that went back has no negative rate', () => {
  const rate = new Rate()
  rate.perSecond(100, 0)
  assert.equal(rate.perSecond(50, 1000), 0)
})
