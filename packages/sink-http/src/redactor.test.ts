import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redactor } from './redactor.ts'

test('secrets are blanked wherever they stand', () => {
  const redactor = new Redactor(['hunter2', ''])
  redactor.add('token-1')
  assert.equal(redactor.redact('a hunter2 and token-1, hunter2'), 'a *** and ***, ***')
})

test('words too short for a secret are left alone', () => {
  assert.equal(new Redactor(['a']).redact('a cat'), 'a cat')
})

test('of tokens that come and go the last eight are known', () => {
  const redactor = new Redactor([])
  for (let n = 0; n < 9; n++) redactor.add(`token-${n}`)
  assert.equal(redactor.redact('token-0 token-1 token-8'), 'token-0 *** ***')
})
