import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMemberRecord, encodeMemberRecord, type MemberRecord } from './member-record.ts'

const RECORD: MemberRecord = {
  session: 's1',
  beat: 7,
  active: ['0_0', '1_3'],
  standby: { '0_1': { state: 'warm', offsets: { counts: 12, sums: 0 } } },
}

/** The form is on topics: members of two versions must understand each other. */
const FORM =
  '{"v":1,"session":"s1","beat":7,"active":["0_0","1_3"],' +
  '"standby":{"0_1":{"state":"warm","offsets":{"counts":12,"sums":0}}}}'

test('a member record is JSON with a version', () => {
  assert.equal(Buffer.from(encodeMemberRecord(RECORD)).toString(), FORM)
})

test('a member record comes back', () => {
  assert.deepEqual(decodeMemberRecord(encodeMemberRecord(RECORD)), RECORD)
})

test('fields of later versions of the form are left out', () => {
  assert.deepEqual(decodeMemberRecord(Buffer.from(FORM.replace('{"v":1', '{"v":1,"x":[]'))), RECORD)
})

const NOT_UNDERSTOOD = [
  '',
  'no JSON',
  'null',
  '[]',
  FORM.replace('"v":1', '"v":2'),
  FORM.replace('"s1"', '1'),
  FORM.replace('"beat":7', '"beat":-1'),
  FORM.replace('"0_0"', '0'),
  FORM.replace('"warm"', '"hot"'),
  FORM.replace('"sums":0', '"sums":"0"'),
  FORM.replace('"standby":{', '"standby":[],"x":{'),
]

for (const text of NOT_UNDERSTOOD) {
  test(`${text.slice(0, 120) || 'an empty value'} is not understood`, () => {
    assert.equal(decodeMemberRecord(Buffer.from(text)), undefined)
  })
}
