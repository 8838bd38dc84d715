import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scheduler } from '@millrace/core/internal'
import { TokenBucket } from './token-bucket.ts'

const never = new AbortController().signal

/** Timers fire at once, and the time is where they were due. */
class JumpingTime implements Scheduler {
  ms = 0

  nowMs(): number {
    return this.ms
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    this.ms += delayMs
    setImmediate(callback)
    return () => undefined
  }
}

test('a burst passes at once, and then so many in a time', async () => {
  const time = new JumpingTime()
  const bucket = new TokenBucket({ requests: 10, perMs: 1000, burst: 3 }, time)
  const times: number[] = []
  for (let n = 0; n < 6; n++) {
    await bucket.take(never)
    times.push(time.ms)
  }
  assert.deepEqual(times, [0, 0, 0, 100, 200, 300])
})

test('a pause gathers a burst and no more', async () => {
  const time = new JumpingTime()
  const bucket = new TokenBucket({ requests: 10, perMs: 1000, burst: 2 }, time)
  await bucket.take(never)
  time.ms = 1_000_000
  for (let n = 0; n < 3; n++) await bucket.take(never)
  assert.equal(time.ms, 1_000_100)
})

test('a wait ends when its signal aborts', async () => {
  const time: Scheduler = { nowMs: () => 0, setTimer: () => () => undefined }
  const bucket = new TokenBucket({ requests: 1, perMs: 1000, burst: 1 }, time)
  const abort = new AbortController()
  await bucket.take(never)
  const waiting = bucket.take(abort.signal)
  abort.abort()
  await waiting
})
