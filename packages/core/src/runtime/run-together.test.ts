import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../base/deferred.ts'
import { runTogether } from './run-together.ts'

test('the first failure halts the others, and is told when they have ended', async () => {
  const [other, failing] = [deferred<undefined>(), deferred<undefined>()]
  let halts = 0
  let isOver = false
  const run = runTogether([() => other.promise.then(), () => failing.promise.then()], () => halts++)
  const ended = run.catch((error: unknown) => {
    isOver = true
    return error
  })
  failing.reject(new Error('first'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([halts, isOver], [1, false])
  other.reject(new Error('second'))
  assert.equal(String(await ended), 'Error: first')
})

test('without a failure it ends with the last one, and halts nothing', async () => {
  const first = deferred<undefined>()
  let halts = 0
  const run = runTogether([() => Promise.resolve(), () => first.promise.then()], () => halts++)
  first.resolve(undefined)
  await run
  assert.equal(halts, 0)
})
