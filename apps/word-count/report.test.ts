import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReport } from './report.ts'

test('a line that is no report is passed over', () => {
  assert.equal(parseReport('starting'), undefined)
  assert.equal(parseReport('null'), undefined)
  assert.equal(parseReport('{"state":"running"}'), undefined)
})
