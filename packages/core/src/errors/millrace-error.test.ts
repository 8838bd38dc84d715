import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_ACTIONS, MillraceError } from './millrace-error.ts'

test('an error holds what its detail said', () => {
  const cause = new Error('below')
  const error = new MillraceError('MR_PROCESSING', 'Operator map failed', {
    cause,
    hint: 'Mend the operator.',
    at: { operator: 'map', offset: 7 },
  })
  assert.equal(error.name, 'MillraceError')
  assert.equal(error.message, 'Operator map failed')
  assert.equal(error.code, 'MR_PROCESSING')
  assert.equal(error.action, 'fail')
  assert.equal(error.cause, cause)
  assert.equal(error.hint, 'Mend the operator.')
  assert.deepEqual(error.at, { operator: 'map', offset: 7 })
})

test('without a detail there is no cause, no hint and no place', () => {
  const error = new MillraceError('MR_KAFKA', 'no')
  assert.equal('cause' in error, false)
  assert.equal(error.hint, undefined)
  assert.deepEqual(error.at, {})
})

test('the action of an error is the one of its code', () => {
  for (const [code, action] of Object.entries(ERROR_ACTIONS)) {
    assert.equal(new MillraceError(code as keyof typeof ERROR_ACTIONS, '').action, action)
  }
})

test('is() knows an error by its brand, and by its code when asked', () => {
  const error = new MillraceError('MR_CONFIG', 'no')
  assert.equal(MillraceError.is(error), true)
  assert.equal(MillraceError.is(error, 'MR_CONFIG'), true)
  assert.equal(MillraceError.is(error, 'MR_TOPOLOGY'), false)
})

test('is() takes an error of another copy of the package, and nothing else', () => {
  const foreign = { code: 'MR_CONFIG', [Symbol.for('millrace.error')]: true }
  assert.equal(MillraceError.is(foreign, 'MR_CONFIG'), true)
  for (const other of [
    new Error('MR_CONFIG'),
    { code: 'MR_CONFIG' },
    'MR_CONFIG',
    null,
    undefined,
  ]) {
    assert.equal(MillraceError.is(other), false)
  }
})

test('the brand does not show when an error is printed as JSON', () => {
  assert.deepEqual(Object.keys(new MillraceError('MR_CONFIG', 'no')).sort(), [
    'action',
    'at',
    'code',
    'hint',
    'name',
  ])
})
