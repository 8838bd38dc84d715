import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hintOfStatus, outcomeOfStatus } from './classify.ts'

const outcomes = (
  statuses: readonly number[],
  context: Partial<Parameters<typeof outcomeOfStatus>[1]> = {},
): ReadonlySet<string> =>
  new Set(
    statuses.map((it) => outcomeOfStatus(it, { hasKey: true, unauthorized: 'fail', ...context })),
  )

test('a status is done, passes, is about the record, or needs a person', () => {
  assert.deepEqual([...outcomes([200, 201, 202, 204, 299])], ['done'])
  assert.deepEqual(
    [...outcomes([408, 409, 421, 425, 429, 500, 502, 503, 504, 507, 529])],
    ['retry'],
  )
  const refused = [
    300, 304, 400, 402, 404, 405, 406, 410, 412, 413, 414, 415, 422, 431, 451, 501, 505,
  ]
  assert.deepEqual([...outcomes(refused)], ['reject'])
  assert.deepEqual([...outcomes([301, 302, 303, 307, 308, 401, 403, 407])], ['fail'])
})

test('401 and 403 are what the option says', () => {
  for (const unauthorized of ['reject', 'retry', 'fail'] as const) {
    assert.deepEqual([...outcomes([401, 403], { unauthorized })], [unauthorized])
  }
})

test('409 without a key is a conflict of the record', () => {
  assert.deepEqual([...outcomes([409], { hasKey: false })], ['reject'])
})

test('hints say what to do about a status', () => {
  assert.match(hintOfStatus(413), /batch\.maxRecords/)
  assert.match(hintOfStatus(302), /redirects/)
  assert.match(hintOfStatus(451), /classify/)
})
