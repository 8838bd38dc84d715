import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { wait } from './wait.ts'

test('a wait ends after its time', async () => {
  const start = performance.now()
  await wait(systemClock, 20)
  assert.ok(performance.now() - start >= 15)
})

test('a wait of nothing gives I/O a turn', async () => {
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await wait(systemClock, 0)
  assert.equal(turned, true)
})

test('an abort ends a wait early, and one that came before ends it at once', async () => {
  const stop = new AbortController()
  const waiting = wait(systemClock, 60_000, stop.signal)
  stop.abort()
  await waiting
  await wait(systemClock, 60_000, stop.signal)
})

test('a wait that is over leaves nothing on its signal', async () => {
  const stop = new AbortController()
  let listeners = 0
  const { signal } = stop
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  await wait(systemClock, 1, signal)
  assert.equal(listeners, 0)
})
