import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIXED_OPTIONS, TEST_PATTERNS, testArguments } from './test-command.ts'

test('without arguments all tests of the repository run', () => {
  assert.deepEqual(testArguments([]), [...FIXED_OPTIONS, ...TEST_PATTERNS])
})

test('patterns replace the default ones, and options go to node', () => {
  assert.deepEqual(testArguments(['--test-only', 'e2e/a.test.ts']), [
    ...FIXED_OPTIONS,
    '--test-only',
    'e2e/a.test.ts',
  ])
})
