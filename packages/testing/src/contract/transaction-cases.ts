import assert from 'node:assert/strict'
import { type StateBackendCase, STORE, text, utf8, write } from './state-backend-bed.ts'

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

/** The part of a transaction that deletes ranges, and what it costs. */
export const rangeDeletionCases: readonly StateBackendCase[] = [
  {
    title: 'a deleted range is empty at once, and committed with the transaction',
    async run(bed) {
      for (const key of ['a', 'b', 'c', 'd']) bed.put(key, 'old')
      await bed.commit()
      bed.put('bb', 'new')
      bed.put('d', 'new')
      bed.buffer.deleteRange(utf8('b'), utf8('d'))
      assert.deepEqual(bed.entries(), ['a=old', 'd=new'])
      assert.deepEqual(bed.entries({ reverse: true }), ['d=new', 'a=old'])
      assert.equal(bed.get('b'), null)
      assert.equal(bed.get('bb'), null)
      assert.deepEqual(bed.committedEntries(), ['a=old', 'b=old', 'c=old', 'd=old'])
      await bed.commit()
      assert.deepEqual(bed.committedEntries(), ['a=old', 'd=new'])
      assert.equal(bed.buffer.isDirty, false)
    },
  },
  {
    title: 'a write after the deletion of its range is kept',
    async run(bed) {
      for (const key of ['a', 'b', 'c']) bed.put(key, 'old')
      await bed.commit()
      bed.buffer.deleteRange(utf8('a'), utf8('c'))
      bed.put('b', 'new')
      assert.deepEqual(bed.entries(), ['b=new', 'c=old'])
      await bed.commit()
      assert.deepEqual(bed.committedEntries(), ['b=new', 'c=old'])
    },
  },
  {
    title: 'deleted ranges that touch are handed out as one',
    run(bed) {
      bed.buffer.deleteRange(utf8('c'), utf8('d'))
      bed.buffer.deleteRange(utf8('f'), utf8('g'))
      bed.buffer.deleteRange(utf8('a'), utf8('c'))
      bed.buffer.deleteRange(utf8('z'), utf8('z'))
      const ranges = bed.buffer.deletedRanges.map(({ from, to }) => [text(from), text(to)])
      assert.deepEqual(ranges, [
        ['a', 'd'],
        ['f', 'g'],
      ])
    },
  },
  {
    title: 'a roll-back brings back what a range deletion hid',
    async run(bed) {
      for (const key of ['a', 'b']) bed.put(key, '1')
      await bed.commit()
      bed.buffer.deleteRange(utf8('a'), utf8('z'))
      bed.buffer.clear()
      assert.deepEqual(bed.entries(), ['a=1', 'b=1'])
      assert.equal(bed.buffer.isDirty, false)
    },
  },
  {
    title: 'a savepoint takes back a range deletion, with the writes that it undid',
    async run(bed) {
      bed.put('a', '1')
      bed.put('b', '1')
      await bed.commit()
      bed.put('b', '2')
      bed.put('c', '2')
      bed.buffer.setSavepoint()
      bed.buffer.deleteRange(utf8('a'), utf8('z'))
      bed.put('c', '3')
      assert.deepEqual(bed.entries(), ['c=3'])
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(bed.entries(), ['a=1', 'b=2', 'c=2'])
      await bed.commit()
      assert.deepEqual(bed.committedEntries(), ['a=1', 'b=2', 'c=2'])
    },
  },
  {
    title: 'an iteration does not see a range deletion that came after its call',
    async run(bed) {
      for (const key of ['a', 'b']) bed.put(key, '1')
      await bed.commit()
      bed.put('c', '1')
      const view = bed.buffer.range({ from: undefined, to: undefined, reverse: false })
      bed.buffer.deleteRange(utf8('a'), utf8('z'))
      assert.deepEqual(printed(view), ['a=1', 'b=1', 'c=1'])
      assert.deepEqual(bed.entries(), [])
    },
  },
  {
    title: 'the bytes of a transaction are those of its last writes',
    run(bed) {
      bed.put('a', 'value')
      const once = bed.buffer.dirtyBytes
      bed.put('a', 'other')
      assert.equal(bed.buffer.dirtyBytes, once)
      bed.buffer.setSavepoint()
      bed.put('a', null)
      bed.put('b', 'value')
      assert.ok(bed.buffer.dirtyBytes > once)
      bed.buffer.rollbackToSavepoint()
      assert.equal(bed.buffer.dirtyBytes, once)
      bed.buffer.deleteRange(utf8('a'), utf8('b'))
      assert.equal(bed.buffer.dirtyBytes, 0)
    },
  },
  {
    title: 'the numbers of a store are part of the transaction',
    async run(bed) {
      const numbers = (): readonly number[] => {
        const { streamTimeMs, sequence, count, bytes } = bed.buffer.scalars
        return [streamTimeMs, sequence, count, bytes]
      }
      bed.buffer.setSavepoint()
      assert.deepEqual(numbers(), [-1, 0, 0, 0])
      bed.buffer.scalars.observe(5)
      bed.buffer.scalars.nextSequence()
      bed.buffer.scalars.resize(1, 10)
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(numbers(), [-1, 0, 0, 0])
      assert.equal(bed.buffer.isDirty, false)

      bed.buffer.scalars.observe(7_000_000_000_000)
      assert.equal(bed.buffer.scalars.observe(6), 7_000_000_000_000)
      bed.buffer.scalars.nextSequence()
      bed.buffer.scalars.resize(2, 5_000_000_000)
      const written = [7_000_000_000_000, 1, 2, 5_000_000_000]
      bed.buffer.setSavepoint()
      bed.buffer.scalars.observe(8_000_000_000_000)
      assert.equal(bed.buffer.scalars.nextSequence(), 2)
      bed.buffer.scalars.resize(-2, -5_000_000_000)
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(numbers(), written)
      await bed.commit()
      assert.deepEqual(numbers(), written)

      bed.buffer.scalars.observe(9_000_000_000_000)
      bed.buffer.scalars.resize(-1, -4_000_000_000)
      bed.buffer.clear()
      assert.deepEqual(numbers(), written)
      await bed.reopen()
      assert.deepEqual(numbers(), bed.backend.persistent ? written : [-1, 0, 0, 0])
      bed.buffer.scalars.resize(-bed.buffer.scalars.count, -bed.buffer.scalars.bytes)
      await bed.commit()
      await bed.reopen()
      assert.deepEqual(numbers().slice(2), [0, 0])
    },
  },
  {
    title: 'a sequence number is followed by 0 after the largest int of Java',
    run(bed) {
      bed.buffer.scalars.setSequence(0x7fff_ffff)
      assert.equal(bed.buffer.scalars.nextSequence(), 0)
    },
  },
]

function printed(entries: Iterable<readonly [Uint8Array, Uint8Array]>): readonly string[] {
  return [...entries].map(
    ([key, value]) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
  )
}
