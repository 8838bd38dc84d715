import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { resolveSinkOptions } from './sink-config.ts'

test('the defaults', () => {
  assert.deepEqual(resolveSinkOptions({}, 'out', { tier: 'transactional' }), {
    batch: { maxRecords: 1000, maxBytes: 8_388_608, lingerMs: 50, aligned: false },
    maxBatchesInFlight: 1,
    retry: { initialBackoffMs: 100, maxBackoffMs: 30_000, giveUpAfterMs: Infinity },
    circuitBreaker: { failures: 5, openForMs: 10_000 },
    deadLetterTopic: undefined,
    onRejected: 'fail',
    bufferMaxBytes: 33_554_432,
  })
})

test('what the sink proposes counts unless the user says otherwise', () => {
  const capabilities = {
    tier: 'at-least-once',
    alignedBatches: true,
    maxBatchesInFlight: 4,
    proposedMaxRecords: 1,
  } as const
  const proposed = resolveSinkOptions({}, 'out', capabilities)
  assert.deepEqual(
    [proposed.batch.maxRecords, proposed.batch.aligned, proposed.maxBatchesInFlight],
    [1, true, 4],
  )
  const chosen = resolveSinkOptions({ batch: { maxRecords: 7 } }, 'out', capabilities)
  assert.equal(chosen.batch.maxRecords, 7)
})

test('rejected records go to the dead-letter topic where there is one', () => {
  const resolve = (options: Parameters<typeof resolveSinkOptions>[0]): unknown =>
    resolveSinkOptions(options, 'out', { tier: 'idempotent' }).onRejected
  assert.equal(resolve({ deadLetterTopic: 'dead' }), 'dead-letter')
  assert.equal(resolve({ deadLetterTopic: 'dead', onRejected: 'drop' }), 'drop')
})

test('a circuit breaker can be done without', () => {
  const config = resolveSinkOptions({ circuitBreaker: false }, 'out', { tier: 'idempotent' })
  assert.equal(config.circuitBreaker, undefined)
})

test('all problems are told at once', () => {
  assert.throws(
    () =>
      resolveSinkOptions(
        {
          batch: { maxRecords: 0, maxBytes: -1, linger: 'soon' as never },
          retry: { initialBackoff: 500, maxBackoff: 100, giveUpAfter: 'later' as never },
          circuitBreaker: { failures: 1.5, openFor: 0 },
          onRejected: 'dead-letter',
          bufferMaxBytes: NaN,
        },
        'my sink',
        { tier: 'idempotent', maxBatchesInFlight: 0 },
      ),
    (error) => {
      assert.ok(MillraceError.is(error, 'MR_CONFIG'))
      assert.deepEqual(error.message.replace('Invalid options of sink my sink: ', '').split('; '), [
        `name "my sink" may hold letters, digits, '.', '_' and '-' only`,
        'batch.maxRecords must be a whole number > 0',
        'batch.maxBytes must be > 0',
        'batch.linger is no duration: "soon"',
        'retry.giveUpAfter is no duration: "later"',
        'retry.maxBackoff must be at least retry.initialBackoff',
        'circuitBreaker.failures must be a whole number > 0',
        'circuitBreaker.openFor must be > 0',
        "onRejected 'dead-letter' needs a deadLetterTopic",
        'bufferMaxBytes must be > 0',
        "the sink's maxBatchesInFlight must be a whole number > 0",
      ])
      return true
    },
  )
})
