import { MillraceError } from '@millrace/core'
import type { KeyBounds, TaskState } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, test, type TestContext } from 'node:test'
import { Database } from './binding/database.ts'
import { rocksdb } from './rocksdb.ts'
import { FORMAT_KEY } from './row-layout.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const TASK = '0_0'
const MEMORY = { memtableBytes: 1024 * 1024, blockCacheBytes: 1024 * 1024 }
const EVERYTHING: KeyBounds = { from: undefined, to: undefined, reverse: false }

interface Bed {
  readonly directory: string
  readonly open: (stores: readonly string[]) => Promise<TaskState>
}

/** A directory whose tasks are closed before it is removed. */
async function bedOf(t: TestContext): Promise<Bed> {
  const { path, remove } = await temporaryDirectory()
  const states: TaskState[] = []
  t.after(async () => {
    for (const state of states) await state.close()
    await remove()
  })
  const open = async (stores: readonly string[]): Promise<TaskState> => {
    const state = await rocksdb().open({ taskId: TASK, stores, directory: path })
    states.push(state)
    return state
  }
  return { directory: path, open }
}

async function openDatabase(directory: string): Promise<Database> {
  return Database.open({ taskId: TASK, directory }, MEMORY, () => undefined)
}

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const write = (key: string, value: string | null) => ({
  key: utf8(key),
  mapKey: key,
  value: value === null ? null : utf8(value),
})

function rows(state: TaskState, store: string): readonly string[] {
  return [...state.entries(store).range(EVERYTHING)].map(
    ([key, value]) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
  )
}

function isCorrupt(message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(MillraceError.is(error, 'MR_STATE_CORRUPT'), String(error))
    assert.match(error.message, message)
    return true
  }
}

describe('a task on RocksDB', () => {
  test('stores keep their entries when others come and go', async (t) => {
    const { open } = await bedOf(t)
    const first = await open(['b', 'a'])
    await first.apply(
      [
        { store: 'a', writes: [write('k', 'of a')] },
        { store: 'b', writes: [write('k', 'of b')] },
      ],
      new Map([['a', { offset: 2 ** 52, topicId: 'topic é' }]]),
    )
    await first.close()
    const second = await open(['new', 'a'])
    assert.deepEqual(rows(second, 'a'), ['k=of a'])
    assert.deepEqual(rows(second, 'new'), [])
    await second.apply([{ store: 'new', writes: [write('k', 'of new')] }], new Map())
    await second.close()
    const third = await open(['a', 'b', 'new'])
    assert.deepEqual(
      ['a', 'b', 'new'].map((store) => rows(third, store)),
      [['k=of a'], ['k=of b'], ['k=of new']],
    )
    assert.deepEqual(third.position('a'), { offset: 2 ** 52, topicId: 'topic é' })
    assert.equal(third.position('b'), undefined)
  })

  test('a later batch of a step deletes what an earlier one wrote, and not the other way round', async (t) => {
    const state = await (await bedOf(t)).open(['a'])
    const range = [{ from: utf8('b'), to: utf8('d') }]
    await state.apply([{ store: 'a', writes: [write('b', 'old'), write('c', 'old')] }], new Map())
    await state.apply(
      [
        { store: 'a', deletedRanges: range, writes: [write('b', '1'), write('c', null)] },
        { store: 'a', writes: [write('bb', '2')] },
      ],
      new Map(),
    )
    assert.deepEqual(rows(state, 'a'), ['b=1', 'bb=2'])
    await state.apply(
      [
        { store: 'a', writes: [write('c', '3')] },
        { store: 'a', deletedRanges: range, writes: [write('bc', '4')] },
      ],
      new Map(),
    )
    assert.deepEqual(rows(state, 'a'), ['bc=4'])
    assert.equal(state.entries('a').get(utf8('c'), 'c'), undefined)
  })

  test('a range that was deleted can be written again, and keeps that when it is opened anew', async (t) => {
    const { open } = await bedOf(t)
    const first = await open(['a'])
    const range = [{ from: utf8('b'), to: utf8('d') }]
    await first.apply([{ store: 'a', writes: [write('b', 'old'), write('c', 'old')] }], new Map())
    await first.apply([{ store: 'a', deletedRanges: range, writes: [] }], new Map())
    await first.apply([{ store: 'a', writes: [write('c', 'new')] }], new Map())
    await first.close()
    assert.deepEqual(rows(await open(['a']), 'a'), ['c=new'])
  })

  test('another format is told apart from this one', async (t) => {
    const { directory, open } = await bedOf(t)
    await (await open(['a'])).close()
    const database = await openDatabase(directory)
    database.write((into) => {
      into.put(FORMAT_KEY, Buffer.from([2]))
    })
    await database.close()
    await assert.rejects(open(['a']), isCorrupt(/has format 02, .* has format 1/))
    await rm(directory, { recursive: true })
    assert.deepEqual(rows(await open(['a']), 'a'), [])
  })

  test('a database of somebody else is not taken for state', async (t) => {
    const { directory, open } = await bedOf(t)
    const database = await openDatabase(directory)
    database.write((into) => {
      into.put(utf8('key'), utf8('value'))
    })
    await database.close()
    await assert.rejects(open(['a']), isCorrupt(/not written by Millrace/))
  })

  test('a call on a closed task is an error of the caller', async (t) => {
    const state = await (await bedOf(t)).open(['a'])
    const many = Array.from({ length: 100 }, (_, i) => write(String(i), 'value'))
    await state.apply([{ store: 'a', writes: many }], new Map())
    const entries = state.entries('a')
    const range = entries.range(EVERYTHING)[Symbol.iterator]()
    range.next()
    await Promise.all([state.close(), state.close()])

    assert.throws(() => entries.get(utf8('a'), 'a'), TypeError)
    assert.throws(() => entries.range(EVERYTHING), TypeError)
    assert.throws(() => state.apply([], new Map()), TypeError)
    assert.throws(() => state.clear('a'), TypeError)
    assert.throws(() => {
      while (range.next().done !== true);
    }, TypeError)
  })

  test('a store that the task does not have is an error of the caller, and nothing is written', async (t) => {
    const state = await (await bedOf(t)).open(['a'])
    const batches = ['a', 'b'].map((store) => ({ store, writes: [write('k', 'v')] }))
    assert.throws(() => state.apply(batches, new Map()), /has no store b/)
    assert.throws(() => state.entries('b'), /has no store b/)
    assert.deepEqual(rows(state, 'a'), [])
    await state.apply([{ store: 'a', writes: [write('k', 'v')] }], new Map())
    assert.deepEqual(rows(state, 'a'), ['k=v'])
  })

  test('a memory budget below the minimum is refused', () => {
    for (const memoryBytes of [0, -1, 1024, NaN, Infinity]) {
      assert.throws(
        () => rocksdb({ memoryBytes }),
        (error: unknown) => MillraceError.is(error, 'MR_CONFIG'),
        String(memoryBytes),
      )
    }
  })
})
