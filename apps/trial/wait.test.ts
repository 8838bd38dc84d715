import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background } from './background.ts'
import { TrialFailure } from './failure.ts'
import { pause, waitFor } from './wait.ts'

const NEVER: AbortSignal = new AbortController().signal

test('a pause ends with the reason of its signal', async () => {
  const reason = new Error('interrupted')
  await assert.rejects(pause(60_000, AbortSignal.abort(reason)), reason)
})

test('waiting without progress fails and says for what', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const waiting = waitFor(
    {
      what: () => {
        return 'the end'
      },
      isDone: () => {
        t.mock.timers.tick(10_001)
        return false
      },
      progress: () => 0,
      hint: 'Look.',
    },
    NEVER,
  )
  await assert.rejects(waiting, (error) => {
    assert.ok(error instanceof TrialFailure)
    assert.equal(error.message, 'Waited 60 s for the end.')
    return true
  })
})

test('progress makes waiting go on', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  let looks = 0
  await waitFor(
    {
      what: () => 'the end',
      isDone: () => {
        t.mock.timers.tick(59_000)
        return ++looks === 5
      },
      progress: () => looks,
      hint: 'Look.',
    },
    NEVER,
  )
  assert.equal(looks, 5)
})

test('a loop that fails ends the others with its error', async () => {
  const failure = new Error('broken')
  const background = new Background(NEVER)
  background.start((signal) => pause(60_000, signal))
  background.start(() => Promise.reject(failure))
  await assert.rejects(pause(60_000, background.signal), failure)
  await background.end()
})
