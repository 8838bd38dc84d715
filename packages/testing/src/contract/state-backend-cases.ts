import assert from 'node:assert/strict'
import {
  at,
  hex,
  OTHER_STORE,
  type StateBackendCase,
  STORE,
  TASK,
  utf8,
  write,
} from './state-backend-bed.ts'
import { bytesToMapKey, type TaskState } from '@millrace/core/internal'

const EMPTY = new Uint8Array(0)
const LARGE = new Uint8Array(1024 * 1024).fill(7)

async function fill(state: TaskState, ...keys: readonly string[]): Promise<void> {
  const writes = keys.map((key) => write(key, key.toUpperCase()))
  await state.apply([{ store: STORE, writes }], new Map())
}

/** What {@link TaskState} promises. */
export const stateBackendCases: readonly StateBackendCase[] = [
  {
    title: 'a new store is empty and has no position',
    run({ state }) {
      assert.equal(state.position(STORE), undefined)
      assert.equal(state.entries(STORE).get(utf8('a'), 'a'), undefined)
      assert.deepEqual([...state.entries(STORE).range(bounds())], [])
    },
  },
  {
    title: 'apply writes all stores and positions',
    async run(bed) {
      await bed.state.apply(
        [
          { store: STORE, writes: [write('a', '1'), write('b', '2')] },
          { store: OTHER_STORE, writes: [write('a', '3')] },
        ],
        new Map([
          [STORE, at(12)],
          [OTHER_STORE, at(7)],
        ]),
      )
      assert.deepEqual(bed.committedEntries(), ['a=1', 'b=2'])
      assert.deepEqual(bed.committedEntries({}, OTHER_STORE), ['a=3'])
      assert.deepEqual(bed.state.position(STORE), at(12))
      assert.deepEqual(bed.state.position(OTHER_STORE), at(7))
    },
  },
  {
    title: 'apply overwrites, and null deletes',
    async run(bed) {
      await fill(bed.state, 'a', 'b', 'c')
      const writes = [write('b', null), write('c', '2'), write('d', null), write('e', '3')]
      await bed.state.apply([{ store: STORE, writes }], new Map())
      assert.deepEqual(bed.committedEntries(), ['a=A', 'c=2', 'e=3'])
      assert.equal(bed.state.entries(STORE).get(utf8('b'), 'b'), undefined)
    },
  },
  {
    title: 'the last of several writes of a key in one batch counts',
    async run(bed) {
      const writes = [
        write('a', '1'),
        write('a', null),
        write('b', '1'),
        write('a', '2'),
        write('b', null),
      ]
      await bed.state.apply([{ store: STORE, writes }], new Map())
      assert.deepEqual(bed.committedEntries(), ['a=2'])
    },
  },
  {
    title: 'apply with positions alone changes them alone',
    async run(bed) {
      await fill(bed.state, 'a')
      await bed.state.apply([], new Map([[STORE, at(5)]]))
      assert.deepEqual(bed.committedEntries(), ['a=A'])
      assert.deepEqual(bed.state.position(STORE), at(5))
      assert.equal(bed.state.position(OTHER_STORE), undefined)
    },
  },
  {
    title: 'keys are ordered as unsigned bytes, a prefix before what it begins',
    async run({ state }) {
      const keys = ['ff', '80', '7f', '00', '', '7f00', '8000', 'ffff', '0000', 'fe']
      const writes = keys.map((key) => writeBytes(Buffer.from(key, 'hex'), utf8(key)))
      await state.apply([{ store: STORE, writes }], new Map())

      const ordered = ['', '00', '0000', '7f', '7f00', '80', '8000', 'fe', 'ff', 'ffff']
      const keysOf = (reverse: boolean): string[] =>
        [...state.entries(STORE).range({ ...bounds(), reverse })].map(([key]) => hex(key))
      assert.deepEqual(keysOf(false), ordered)
      assert.deepEqual(keysOf(true), ordered.toReversed())
    },
  },
  {
    title: 'a range has its lower bound and not its upper one, in both directions',
    async run(bed) {
      await fill(bed.state, 'a', 'b', 'c', 'd')
      const from = utf8('b')
      const to = utf8('d')
      assert.deepEqual(bed.committedEntries({ from, to }), ['b=B', 'c=C'])
      assert.deepEqual(bed.committedEntries({ from, to, reverse: true }), ['c=C', 'b=B'])
      assert.deepEqual(bed.committedEntries({ from }), ['b=B', 'c=C', 'd=D'])
      assert.deepEqual(bed.committedEntries({ to, reverse: true }), ['c=C', 'b=B', 'a=A'])
      assert.deepEqual(bed.committedEntries({ from: to, to: from }), [])
      assert.deepEqual(bed.committedEntries({ from, to: from }), [])
    },
  },
  {
    title: 'an iteration sees the state of its call, in both directions',
    async run(bed) {
      await fill(bed.state, 'a', 'b', 'c')
      const entries = bed.state.entries(STORE)
      const forwards = entries.range(bounds())
      const backwards = entries.range({ ...bounds(), reverse: true })
      const writes = [write('b', null), write('aa', 'new'), write('c', 'changed')]
      await bed.state.apply([{ store: STORE, writes }], new Map())

      const values = (view: Iterable<readonly [Uint8Array, Uint8Array]>): string[] =>
        [...view].map(([key, value]) => `${hex(key)}=${hex(value)}`)
      assert.deepEqual(values(forwards), ['61=41', '62=42', '63=43'])
      assert.deepEqual(values(backwards), ['63=43', '62=42', '61=41'])
    },
  },
  {
    title: 'empty and large keys and values are kept as they are',
    async run({ state }) {
      const longKey = new Uint8Array(10_000).fill(0xff)
      const writes = [
        writeBytes(EMPTY, EMPTY),
        writeBytes(utf8('large'), LARGE),
        writeBytes(longKey, utf8('x')),
      ]
      await state.apply([{ store: STORE, writes }], new Map())

      const entries = state.entries(STORE)
      assert.equal(entries.get(EMPTY, '')?.length, 0)
      assert.equal(entries.get(undefined, '')?.length, 0)
      assert.equal(hex(entries.get(undefined, bytesToMapKey(longKey)) ?? EMPTY), '78')
      assert.deepEqual(hex(entries.get(utf8('large'), 'large') ?? EMPTY), hex(LARGE))
      assert.equal([...entries.range(bounds())].length, 3)
      assert.equal(hex(entries.get(longKey, bytesToMapKey(longKey)) ?? EMPTY), '78')
    },
  },
  {
    title: 'clear forgets the entries and the position of one store',
    async run(bed) {
      const both = [STORE, OTHER_STORE].map((store) => ({ store, writes: [write('a', '1')] }))
      await bed.state.apply(
        both,
        new Map([
          [STORE, at(3)],
          [OTHER_STORE, at(4)],
        ]),
      )
      await bed.state.clear(STORE)
      assert.deepEqual(bed.committedEntries(), [])
      assert.equal(bed.state.position(STORE), undefined)
      assert.deepEqual(bed.committedEntries({}, OTHER_STORE), ['a=1'])
      assert.deepEqual(bed.state.position(OTHER_STORE), at(4))
    },
  },
  {
    title: 'tasks do not see the state of each other',
    async run(bed) {
      const other = await bed.openOther('0_1')
      try {
        await fill(bed.state, 'a')
        await fill(other, 'b')
        assert.deepEqual(bed.committedEntries(), ['a=A'])
        assert.equal(other.entries(STORE).get(utf8('a'), 'a'), undefined)
      } finally {
        await other.close()
      }
    },
  },
  {
    title:
      'a task that is opened again has what was applied if the backend is persistent, else nothing',
    async run(bed) {
      const batch = { store: STORE, writes: [write('a', '1')] }
      await bed.state.apply([batch], new Map([[STORE, at(9)]]))
      await bed.reopen()
      const { persistent } = bed.backend
      assert.deepEqual(bed.committedEntries(), persistent ? ['a=1'] : [])
      assert.deepEqual(bed.state.position(STORE), persistent ? at(9) : undefined)
    },
  },
  {
    title: 'a deleted range goes before the writes of its batch, and takes no other key',
    async run(bed) {
      await fill(bed.state, 'a', 'b', 'bb', 'c', 'd')
      const batch = {
        store: STORE,
        deletedRanges: [{ from: utf8('b'), to: utf8('c') }],
        writes: [write('bb', 'new'), write('d', null)],
      }
      await bed.state.apply([batch], new Map([[STORE, at(3)]]))
      assert.deepEqual(bed.committedEntries(), ['a=A', 'bb=new', 'c=C'])
      assert.equal(bed.state.entries(STORE).get(utf8('b'), 'b'), undefined)
      assert.deepEqual(bed.state.position(STORE), at(3))
    },
  },
  {
    title: 'several deleted ranges, of binary keys, are deleted in one batch',
    async run({ state }) {
      const keys = ['00', '01', '0100', '01ff', '02', 'fe', 'ff', 'ffff']
      const writes = keys.map((key) => writeBytes(Buffer.from(key, 'hex'), utf8(key)))
      await state.apply([{ store: STORE, writes }], new Map())
      const deletedRanges = [
        { from: Buffer.from('01', 'hex'), to: Buffer.from('02', 'hex') },
        { from: Buffer.from('fe', 'hex'), to: Buffer.from('ffff', 'hex') },
        { from: Buffer.from('50', 'hex'), to: Buffer.from('51', 'hex') },
      ]
      await state.apply([{ store: STORE, deletedRanges, writes: [] }], new Map())
      const left = [...state.entries(STORE).range(bounds())].map(([key]) => hex(key))
      assert.deepEqual(left, ['00', '02', 'ffff'])
    },
  },
  {
    title: 'a deleted range does not reach the other stores of its task',
    async run(bed) {
      const writes = [write('a', '1')]
      await bed.state.apply(
        [STORE, OTHER_STORE].map((store) => ({ store, writes })),
        new Map(),
      )
      const deletedRanges = [{ from: EMPTY, to: utf8('z') }]
      await bed.state.apply([{ store: STORE, deletedRanges, writes: [] }], new Map())
      assert.deepEqual(bed.committedEntries(), [])
      assert.deepEqual(bed.committedEntries({}, OTHER_STORE), ['a=1'])
    },
  },
  {
    title: 'an iteration that was begun sees what a deleted range takes later',
    async run(bed) {
      await fill(bed.state, 'a', 'b', 'c')
      const iterator = bed.state.entries(STORE).range(bounds())[Symbol.iterator]()
      assert.equal(nextKey(iterator), '61')
      const deletedRanges = [{ from: utf8('a'), to: utf8('z') }]
      await bed.state.apply([{ store: STORE, deletedRanges, writes: [] }], new Map())
      assert.equal(nextKey(iterator), '62')
      assert.equal(nextKey(iterator), '63')
      assert.equal(iterator.next().done, true)
      assert.deepEqual(bed.committedEntries(), [])
    },
  },
  {
    title: 'an iteration may be given up before its first entry, in the middle, or never be begun',
    async run(bed) {
      const keys = Array.from({ length: 300 }, (_, i) => String(i).padStart(3, '0'))
      await fill(bed.state, ...keys)
      for (let i = 0; i < 50; i++) {
        const entries = bed.state.entries(STORE)
        entries.range(bounds())
        entries.range(bounds())[Symbol.iterator]().return?.()
        const begun = entries.range({ ...bounds(), reverse: i % 2 === 0 })[Symbol.iterator]()
        begun.next()
        begun.next()
        begun.return?.()
        assert.equal(begun.next().done, true)
        assert.equal(begun.return?.().done, true)
        for (const [key] of entries.range(bounds())) if (hex(key) === hex(utf8('100'))) break
        await bed.state.apply([{ store: STORE, writes: [write('000', String(i))] }], new Map())
      }
      assert.equal(bed.committedEntries().length, 300)
    },
  },
  {
    title: 'a task can be closed while an iteration is open',
    async run(bed) {
      const state = await bed.openOther('0_7', [STORE])
      await fill(state, 'a', 'b')
      const left = state.entries(STORE).range(bounds())[Symbol.iterator]()
      left.next()
      state.entries(STORE).range(bounds())
      await state.close()
      left.return?.()
    },
  },
  {
    title: 'close can be called twice',
    async run(bed) {
      const state = await bed.openOther(`${TASK}9`, [STORE])
      await state.close()
      await state.close()
    },
  },
]

function nextKey(iterator: Iterator<readonly [Uint8Array, Uint8Array]>): string | undefined {
  const result = iterator.next() as IteratorResult<readonly [Uint8Array, Uint8Array], undefined>
  return result.value === undefined ? undefined : hex(result.value[0])
}

function bounds(): { readonly from: undefined; readonly to: undefined; readonly reverse: boolean } {
  return { from: undefined, to: undefined, reverse: false }
}

function writeBytes(
  key: Uint8Array,
  value: Uint8Array,
): { key: Uint8Array; mapKey: string; value: Uint8Array } {
  return { key, mapKey: bytesToMapKey(key), value }
}
