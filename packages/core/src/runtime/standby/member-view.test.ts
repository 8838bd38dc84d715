import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberRecord } from './member-record.ts'
import { GONE_AFTER_BEATS, MemberView } from './member-view.ts'

function record(own: Partial<MemberRecord> = {}): MemberRecord {
  return { session: 's1', beat: 0, active: [], standby: {}, ...own }
}

function beats(view: MemberView, from: number, to: number): void {
  for (let beat = from; beat <= to; beat++) view.read('me', record({ session: 'mine', beat }))
}

test('a view is settled when a heartbeat has passed since this member said its first word', () => {
  const view = new MemberView('me', 'mine')
  assert.equal(view.isSettled, false)
  assert.equal(view.read('me', record({ session: 'mine', beat: 0 })).isNews, false)
  assert.equal(view.isSettled, false)
  assert.equal(view.read('me', record({ session: 'mine', beat: 1 })).isNews, true)
  assert.equal(view.isSettled, true)
})

test('a view holds what the others said last', () => {
  const view = new MemberView('me', 'mine')
  view.read('b', record({ active: ['0_0'] }))
  view.read('b', record({ active: ['0_1'], standby: { '0_2': { state: 'warm', offsets: {} } } }))
  assert.deepEqual(
    view.others,
    new Map([['b', { active: new Set(['0_1']), standby: new Map([['0_2', 'warm']]) }]]),
  )
})

test('a member that said nothing for five heartbeats of this one is gone', () => {
  const view = new MemberView('me', 'mine')
  beats(view, 0, 3)
  view.read('b', record())
  beats(view, 4, 3 + GONE_AFTER_BEATS - 1)
  assert.deepEqual([...view.others.keys()], ['b'])
  const last = record({ session: 'mine', beat: 3 + GONE_AFTER_BEATS })
  assert.deepEqual(view.read('me', last), { isNews: true, wantsAnswer: false })
  assert.deepEqual([...view.others.keys()], [])
})

test('each word of a member counts anew', () => {
  const view = new MemberView('me', 'mine')
  for (let beat = 0; beat < 4 * GONE_AFTER_BEATS; beat += GONE_AFTER_BEATS - 1) {
    view.read('b', record())
    beats(view, beat, beat + GONE_AFTER_BEATS - 2)
  }
  assert.deepEqual([...view.others.keys()], ['b'])
})

test('what a predecessor under the same instance id said is no heartbeat of this member', () => {
  const view = new MemberView('me', 'mine')
  view.read('b', record())
  view.read('me', record({ session: 'earlier', beat: 1000 }))
  assert.equal(view.isSettled, false)
  assert.deepEqual([...view.others.keys()], ['b'])
})

test('a change that is told between two heartbeats is no heartbeat', () => {
  const view = new MemberView('me', 'mine')
  view.read('b', record())
  for (let i = 0; i < 20; i++) view.read('me', record({ session: 'mine', beat: 2 }))
  assert.deepEqual([...view.others.keys()], ['b'])
})

test('a farewell removes a member at once, and is news once', () => {
  const view = new MemberView('me', 'mine')
  view.read('b', record())
  assert.equal(view.read('b', null).isNews, true)
  assert.equal(view.read('b', null).isNews, false)
  assert.deepEqual([...view.others.keys()], [])
})

test('a member that is new here wants an answer, and so does a new life of one', () => {
  const view = new MemberView('me', 'mine')
  assert.equal(view.read('b', record({ session: 's1' })).wantsAnswer, true)
  assert.equal(view.read('b', record({ session: 's1', beat: 1 })).wantsAnswer, false)
  assert.equal(view.read('b', record({ session: 's2' })).wantsAnswer, true)
})

test('offsets and heartbeats are no news, tasks and the state of copies are', () => {
  const view = new MemberView('me', 'mine')
  const standby: MemberRecord['standby'] = { '0_0': { state: 'filling', offsets: { counts: 1 } } }
  view.read('b', record({ standby }))
  const further: MemberRecord['standby'] = { '0_0': { state: 'filling', offsets: { counts: 2 } } }
  assert.equal(view.read('b', record({ standby: further, beat: 1 })).isNews, false)
  const warm: MemberRecord['standby'] = { '0_0': { state: 'warm', offsets: { counts: 2 } } }
  assert.equal(view.read('b', record({ standby: warm, beat: 1 })).isNews, true)
  assert.equal(view.read('b', record({ standby: warm, active: ['0_1'] })).isNews, true)
})

test('a farewell of an earlier life under the same instance id is answered', () => {
  assert.equal(new MemberView('me', 'mine').read('me', null).wantsAnswer, true)
})
