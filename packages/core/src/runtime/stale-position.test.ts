import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { explainPollError } from './stale-position.ts'

const OUT_OF_RANGE = new MillraceError('MR_OFFSET_OUT_OF_RANGE', 'not in the log')
const OWN = [
  { topic: 'a', partition: 0, offset: 5 },
  { topic: 'a', partition: 1, offset: 0 },
]

const groupAt = (...offsets: readonly (number | undefined)[]) => ({
  consumer: {
    committed: () =>
      Promise.resolve(OWN.map((own, index) => ({ ...own, offset: offsets[index], metadata: '' }))),
  },
  admin: { listOffsets: () => Promise.resolve(OWN.map((own) => ({ ...own, offset: 100 }))) },
})

test('a position that was deleted is stale when the group has committed beyond the member', async () => {
  const explained = await explainPollError(OUT_OF_RANGE, OWN, groupAt(5, 3))
  assert.ok(MillraceError.is(explained, 'MR_STALE_GENERATION'))
  assert.deepEqual(explained.at, { topic: 'a', partition: 1 })
  assert.equal(explained.cause, OUT_OF_RANGE)
})

test('a position that was deleted although nobody has gone beyond it is an error', async () => {
  assert.equal(await explainPollError(OUT_OF_RANGE, OWN, groupAt(5, undefined)), OUT_OF_RANGE)
})

test('an offset beyond the end of the log was of a topic that is gone, and says nothing', async () => {
  assert.equal(await explainPollError(OUT_OF_RANGE, OWN, groupAt(101, undefined)), OUT_OF_RANGE)
})

test('other errors of a poll are what they are', async () => {
  const error = new MillraceError('MR_AUTHORIZATION', 'no')
  assert.equal(await explainPollError(error, OWN, groupAt(9, 9)), error)
})
