import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Database } from './binding/database.ts'
import { ReadCache } from './read-cache.ts'
import { RocksDbEntries } from './rocksdb-entries.ts'
import { rowKey } from './row-layout.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const STORE_ID = 1
const ROWS = 1000

/** A store with keys 0000 to 0999, between two other stores. */
async function filled(
  t: TestContext,
): Promise<{ readonly database: Database; readonly entries: RocksDbEntries }> {
  const { path, remove } = await temporaryDirectory()
  const memory = { memtableBytes: 1024 * 1024, blockCacheBytes: 1024 * 1024 }
  const database = await Database.open({ taskId: '0_0', directory: path }, memory, () => undefined)
  t.after(async () => {
    await database.close()
    await remove()
  })
  database.write((into) => {
    for (let i = 0; i < ROWS; i++) into.put(rowKey(STORE_ID, keyOf(i)), keyOf(i))
    for (const other of [0, STORE_ID + 1]) into.put(rowKey(other, keyOf(5)), keyOf(5))
  })
  const entries = new RocksDbEntries(
    { storeId: STORE_ID, cacheIndex: 0 },
    database,
    new ReadCache(1),
  )
  return { database, entries }
}

function keyOf(i: number): Buffer {
  return Buffer.from(String(i).padStart(4, '0'))
}

function open(
  entries: RocksDbEntries,
  reverse = false,
): Iterator<readonly [Uint8Array, Uint8Array]> {
  return entries.range({ from: undefined, to: undefined, reverse })[Symbol.iterator]()
}

describe('a range on RocksDB', () => {
  test('holds the rows of its store in order, however many blocks they take', async (t) => {
    const { entries } = await filled(t)
    const expected = Array.from({ length: ROWS }, (_, i) => keyOf(i).toString())
    for (const reverse of [false, true]) {
      const found = [...entries.range({ from: undefined, to: undefined, reverse })]
      const keys = found.map(([key]) => Buffer.from(key).toString())
      assert.deepEqual(keys, reverse ? expected.toReversed() : expected)
      assert.ok(found.every(([key, value]) => Buffer.compare(key, value) === 0))
    }
  })

  test('that was gone through holds nothing open, and goes on saying that it is done', async (t) => {
    const { database, entries } = await filled(t)
    const range = open(entries)
    assert.equal(database.openIterators, 1)
    for (let i = 0; i < ROWS; i++) assert.equal(range.next().done, false)
    assert.equal(range.next().done, true)
    assert.equal(range.next().done, true)
    assert.equal(database.openIterators, 0)
  })

  test('that fits in one block holds nothing open, even if nobody goes through it', async (t) => {
    const { database, entries } = await filled(t)
    const short = entries.range({ from: keyOf(10), to: keyOf(20), reverse: false })
    assert.equal(database.openIterators, 0)
    assert.equal([...short].length, 10)
  })

  test('that was left early is closed', async (t) => {
    const { database, entries } = await filled(t)
    for (const [key] of entries.range({ from: undefined, to: undefined, reverse: false })) {
      if (Buffer.compare(key, keyOf(300)) === 0) break
    }
    const range = open(entries, true)
    assert.equal(range.return?.().done, true)
    assert.equal(range.next().done, true)
    assert.equal(database.openIterators, 0)
  })

  test('that is open is closed with the database', async (t) => {
    const { database, entries } = await filled(t)
    const range = open(entries)
    range.next()
    await database.close()
    assert.equal(database.openIterators, 0)
    range.return?.()
  })
})
