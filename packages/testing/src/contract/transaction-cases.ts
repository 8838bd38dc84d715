import assert from 'node:assert/strict'
import { type StateBackendCase, STORE, utf8, write } from './state-backend-bed.ts'

/** What a transaction sees over committed entries. */
export const transactionCases: readonly StateBackendCase[] = [
  {
    title: 'a write is seen by the transaction at once, and not committed before apply',
    async run(bed) {
      bed.put('a', '1')
      assert.equal(bed.get('a'), '1')
      assert.deepEqual(bed.entries(), ['a=1'])
      assert.deepEqual(bed.committedEntries(), [])
      await bed.commit(1)
      assert.deepEqual(bed.committedEntries(), ['a=1'])
      assert.deepEqual(bed.entries(), ['a=1'])
      assert.equal(bed.buffer.dirtyCount, 0)
    },
  },
  {
    title: 'writes are merged over committed entries, forwards and backwards',
    async run(bed) {
      for (const key of ['b', 'd', 'f', 'h']) bed.put(key, 'old')
      await bed.commit()
      for (const [key, value] of [
        ['a', 'new'],
        ['d', 'new'],
        ['e', 'new'],
        ['f', null],
        ['g', null],
        ['z', 'new'],
      ] as const) {
        bed.put(key, value)
      }

      const all = ['a=new', 'b=old', 'd=new', 'e=new', 'h=old', 'z=new']
      assert.deepEqual(bed.entries(), all)
      assert.deepEqual(bed.entries({ reverse: true }), all.toReversed())
      const inner = { from: utf8('b'), to: utf8('h') }
      assert.deepEqual(bed.entries(inner), ['b=old', 'd=new', 'e=new'])
      assert.deepEqual(bed.entries({ ...inner, reverse: true }), ['e=new', 'd=new', 'b=old'])
    },
  },
  {
    title: 'a deletion hides what is committed until the key is written again',
    async run(bed) {
      bed.put('a', '1')
      await bed.commit()
      bed.put('a', null)
      assert.equal(bed.get('a'), null)
      assert.deepEqual(bed.entries(), [])
      bed.put('a', '2')
      assert.equal(bed.get('a'), '2')
      bed.put('a', null)
      await bed.commit()
      assert.deepEqual(bed.committedEntries(), [])
    },
  },
  {
    title: 'an iteration sees the writes before its call and none after it',
    async run(bed) {
      bed.put('a', '1')
      bed.put('c', '3')
      await bed.commit()
      bed.put('b', '2')
      const forwards = bed.buffer.range({ from: undefined, to: undefined, reverse: false })
      const backwards = bed.buffer.range({ from: undefined, to: undefined, reverse: true })
      bed.put('a', null)
      bed.put('b', 'later')
      bed.put('bb', 'later')
      bed.put('c', 'later')
      assert.deepEqual(printed(forwards), ['a=1', 'b=2', 'c=3'])
      assert.deepEqual(printed(backwards), ['c=3', 'b=2', 'a=1'])
      assert.deepEqual(bed.entries(), ['b=later', 'bb=later', 'c=later'])
    },
  },
  {
    title: 'entries can be written and deleted while an iteration goes on',
    async run(bed) {
      for (const key of ['a', 'b', 'c']) bed.put(key, '1')
      await bed.commit()
      const bounds = { from: undefined, to: undefined, reverse: false }
      for (const [key] of bed.buffer.range(bounds)) bed.buffer.put(key, null, 0)
      assert.deepEqual(bed.entries(), [])
    },
  },
  {
    title: 'a roll-back returns to the last commit',
    async run(bed) {
      bed.put('a', '1')
      await bed.commit()
      bed.put('a', '2')
      bed.put('b', '2')
      bed.buffer.clear()
      assert.deepEqual(bed.entries(), ['a=1'])
      assert.equal(bed.buffer.dirtyCount, 0)
      assert.equal(bed.buffer.dirtyBytes, 0)
    },
  },
  {
    title: 'a savepoint takes back the writes after it and keeps those before it',
    async run(bed) {
      bed.put('committed', '1')
      await bed.commit()
      bed.put('before', '1')
      bed.buffer.setSavepoint()
      bed.put('before', '2')
      bed.put('before', null)
      bed.put('committed', null)
      bed.put('after', '1')
      bed.put('after', '2')
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(bed.entries(), ['before=1', 'committed=1'])
      assert.equal(bed.buffer.dirtyCount, 1)
      bed.put('last', '1')
      await bed.commit()
      assert.deepEqual(bed.committedEntries(), ['before=1', 'committed=1', 'last=1'])
    },
  },
  {
    title: 'a second savepoint replaces the first',
    run(bed) {
      bed.buffer.setSavepoint()
      bed.put('a', '1')
      bed.buffer.setSavepoint()
      bed.put('b', '1')
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(bed.entries(), ['a=1'])
    },
  },
  {
    title: 'dirty entries hold the last write of each key with its time, deletions included',
    run(bed) {
      bed.nowMs = 10
      bed.put('a', '1')
      bed.put('b', '1')
      bed.nowMs = 20
      bed.put('a', null)
      const dirty = [...bed.buffer.dirtyEntries()].map(({ mapKey, value, timestampMs }) => ({
        mapKey,
        isNull: value === null,
        timestampMs,
      }))
      assert.deepEqual(dirty, [
        { mapKey: 'a', isNull: true, timestampMs: 20 },
        { mapKey: 'b', isNull: false, timestampMs: 10 },
      ])
    },
  },
  {
    title: 'what another writer applied is seen under the writes of the transaction',
    async run(bed) {
      bed.put('a', 'mine')
      const writes = [write('a', 'theirs'), write('b', 'theirs')]
      await bed.state.apply([{ store: STORE, writes }], new Map())
      assert.deepEqual(bed.entries(), ['a=mine', 'b=theirs'])
    },
  },
]

function printed(entries: Iterable<readonly [Uint8Array, Uint8Array]>): readonly string[] {
  return [...entries].map(
    ([key, value]) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
  )
}
