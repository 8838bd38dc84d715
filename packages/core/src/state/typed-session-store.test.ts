import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Windowed } from '../record/windowed.ts'
import { serdes } from '../serde/serdes.ts'
import type { SessionTableStore } from './session-table-store.ts'
import { memoryBed, type StoreBed } from './store-bed.testkit.ts'
import type { ChangelogRecord } from './store-changelog.ts'
import { sessionTableStoreBuilder } from './windowed-store-builders.ts'

type Bed = StoreBed<SessionTableStore<string, number>>

function open(emitsFinal: boolean, restored: readonly ChangelogRecord[] = []): Bed {
  const builder = sessionTableStoreBuilder<string, number>('sessions', {
    key: serdes.string,
    value: serdes.long,
    retentionMs: 5,
    caching: false,
    emitsFinal,
  })
  return memoryBed(builder, restored)
}

function session(key: string, startMs: number, endMs: number): Windowed<string> {
  return { key, window: { startMs, endMs } }
}

function around(bed: Bed, key: string, fromMs: number, toMs: number): readonly string[] {
  return bed.store.sessionsAround(key, fromMs, toMs).map(shown)
}

function shown([{ key, window }, value]: readonly [Windowed<string>, number]): string {
  return `${key}@${window.startMs}/${window.endMs}=${value}`
}

test('the sessions around a time are those of the store, those that were restored among them', () => {
  const before = open(false)
  before.store.put(session('a', 10, 11), 1)
  before.store.put(session('a', 14, 14), 2)
  before.store.put(session('a1', 13, 13), 3)
  const bed = open(false, before.changelogRecords())

  assert.deepEqual(around(bed, 'a', 11, 13), ['a@10/11=1'])
  assert.deepEqual(around(bed, 'a', 0, 100), ['a@10/11=1', 'a@14/14=2'])
  assert.deepEqual(around(bed, 'b', 0, 100), [])
})

test('a session that was put before its key was looked up is not all that there is', () => {
  const before = open(false)
  before.store.put(session('a', 10, 11), 1)
  const bed = open(false, before.changelogRecords())
  bed.store.put(session('a', 14, 14), 2)

  assert.deepEqual(around(bed, 'a', 0, 100), ['a@10/11=1', 'a@14/14=2'])
})

test('a session that came and went within a transaction leaves no trace in the changelog', () => {
  const bed = open(true)
  assert.deepEqual(around(bed, 'a', 0, 100), [])
  bed.store.put(session('a', 10, 10), 1)
  bed.store.replace(session('a', 10, 10))
  bed.store.put(session('a', 10, 12), 2)
  assert.equal(bed.changelog().length, 1)
  bed.commit()

  bed.store.replace(session('a', 10, 12))
  bed.store.put(session('a', 10, 13), 3)
  assert.deepEqual(
    bed.changelogRecords().map(({ value }) => value?.length),
    [undefined, 8],
  )
  assert.deepEqual([...bed.store.sessionsByEnd(0, 100)].map(shown), ['a@10/13=3'])
})

test('one that had expired and was put again is not gone without a trace', () => {
  const before = open(true)
  before.store.put(session('a', 10, 10), 1)
  before.store.put(session('b', 15, 15), 2)
  const bed = open(true, before.changelogRecords())
  assert.deepEqual(around(bed, 'a', 0, 100), [])
  bed.store.put(session('a', 10, 10), 3)
  bed.store.replace(session('a', 10, 10))
  bed.commit()

  assert.deepEqual([...bed.store.sessionsByEnd(0, 100)].map(shown), ['b@15/15=2'])
})

test('sessions come by their ends, their starts and their keys, and have not to be alive for it', () => {
  const bed = open(true)
  bed.store.put(session('b', 3, 9), 1)
  bed.store.put(session('a', 5, 9), 2)
  bed.store.put(session('c', 3, 9), 3)
  bed.store.put(session('z', 1, 8), 4)
  bed.store.put(session('a', 70, 70), 5)
  bed.store.put(session('b', 60, 60), null)
  const expected = ['z@1/8=4', 'b@3/9=1', 'c@3/9=3', 'a@5/9=2', 'a@70/70=5']
  for (const one of [bed, open(true, bed.changelogRecords())]) {
    assert.deepEqual([...one.store.sessionsByEnd(0, 100)].map(shown), expected)
    assert.deepEqual([...one.store.sessionsByEnd(9, 69)].map(shown), expected.slice(1, 4))
  }
})
