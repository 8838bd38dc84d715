import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from './index.ts'

test('the public names are these', () => {
  assert.deepEqual(Object.keys(names).sort(), ['jdbcSink'])
})
