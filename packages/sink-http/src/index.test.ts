import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sinkHttp from './index.ts'

test('the package exports these values and no others', () => {
  assert.deepEqual(Object.keys(sinkHttp).sort(), ['HttpAnswerError', 'httpSink'])
})
