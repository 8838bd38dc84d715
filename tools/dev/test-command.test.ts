import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEST_PATTERNS, testArguments } from './test-command.ts'

test('without arguments all tests of the repository run', () => {
  assert.deepEqual(testArguments([]), ['--test', '--test-concurrency=2', ...TEST_PATTERNS])
})

test('patterns replace the default ones, and options go to node', () => {
  assert.deepEqual(testArguments(['--test-only', 'e2e/a.test.ts']), [
    '--test',
    '--test-concurrency=2',
    '--test-only',
    'e2e/a.test.ts',
  ])
})
