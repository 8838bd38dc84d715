import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as core from './index.ts'

test('the package exports these values and no others', () => {
  assert.deepEqual(Object.keys(core).sort(), [
    'BranchedKStream',
    'Change',
    'CogroupedKStream',
    'GlobalKTable',
    'KGroupedStream',
    'KGroupedTable',
    'KStream',
    'KTable',
    'MillraceError',
    'NO_HEADERS',
    'SessionWindowedCogroupedKStream',
    'SessionWindowedKStream',
    'StreamRecord',
    'StreamsBuilder',
    'TimeWindowedCogroupedKStream',
    'TimeWindowedKStream',
    'consoleLogger',
    'createApp',
    'failOnInvalidTimestamp',
    'hopping',
    'inMemory',
    'joinWindows',
    'logAndSkipOnInvalidTimestamp',
    'matchesTopic',
    'serdes',
    'session',
    'silentLogger',
    'sliding',
    'stores',
    'tumbling',
    'unlimited',
    'untilTimeLimit',
    'untilWindowCloses',
    'usePartitionTimeOnInvalidTimestamp',
    'wallclockTimestamp',
  ])
})
