import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from './index.ts'

test('these are the public names', () => {
  assert.deepEqual(Object.keys(names).sort(), ['kafkaSink'])
})
