import { serdes, type SessionStoreOptions, stores, type Windowed } from '@millrace/core'
import assert from 'node:assert/strict'
import { type StateBackendCase, STORE } from './state-backend-bed.ts'
import { StoreUnderTest } from './store-under-test.ts'

const OPTIONS: SessionStoreOptions<string, string> = {
  key: serdes.string,
  value: serdes.string,
  retention: 200_000,
}
const sessions = stores.session(STORE, OPTIONS)
const compacted = stores.session(STORE, { ...OPTIONS, changelogCleanup: 'compact' })

function session(key: string, startMs: number, endMs: number): Windowed<string> {
  return { key, window: { startMs, endMs } }
}

/** What session stores promise, over any backend. */
export const sessionStoreCases: readonly StateBackendCase[] = [
  {
    title: 'a session is found by its bounds, until it is removed',
    run(bed) {
      const store = bed.build(sessions)
      assert.equal(store.name, STORE)
      assert.equal(store.put(session('k', 10, 20), 'v'), true)
      assert.equal(store.fetchSession('k', 10, 20), 'v')
      assert.equal(store.fetchSession('k', 10, 21), null)
      assert.equal(store.fetchSession('k', 11, 20), null)
      assert.equal(store.fetchSession('k', -1, 20), null)
      store.remove(session('k', 10, 20))
      assert.equal(store.fetchSession('k', 10, 20), null)
      store.put(session('k', 10, 20), 'v')
      store.put(session('k', 10, 20), null)
      assert.deepEqual([...store.fetch('k')], [])
    },
  },
  {
    title: 'sessions are found that overlap a span, ends included, by their ends',
    run(bed) {
      const store = bed.build(sessions)
      const entries = [
        [session('k', 0, 10), '1'],
        [session('k', 5, 20), '2'],
        [session('k', 20, 20), '3'],
        [session('k', 30, 40), '4'],
        [session('k', 0, 50), '5'],
      ] as const
      for (const [key, value] of entries.toReversed()) store.put(key, value)
      store.put(session('kk', 0, 10), 'other')
      assert.deepEqual([...store.findSessions('k', 20, 20)], [entries[1], entries[2], entries[4]])
      assert.deepEqual(
        [...store.backwardFindSessions('k', 11, 29)],
        [entries[4], entries[2], entries[1]],
      )
      assert.deepEqual([...store.fetch('k')], entries)
      assert.deepEqual([...store.backwardFetch('k')], entries.toReversed())
      assert.deepEqual([...store.findSessions('k', 51, 100)], [])
      assert.deepEqual([...store.fetchRange('kk', null)], [[session('kk', 0, 10), 'other']])
      assert.equal([...store.findSessionsRange(null, 'k', 10, 0)].length, 2)
      assert.equal([...store.backwardFindSessionsRange(null, null, 10, 0)].length, 3)
    },
  },
  {
    title: 'a session is read until stream time is a retention behind its end, and not longer',
    run(bed) {
      const store = bed.build(sessions)
      store.put(session('k', 0, 50_000), 'old')
      store.put(session('x', 249_999, 249_999), 'now')
      assert.equal(store.fetchSession('k', 0, 50_000), 'old')
      store.put(session('x', 249_999, 250_000), 'now')
      assert.equal(store.fetchSession('k', 0, 50_000), null)
      assert.deepEqual([...store.fetch('k')], [])
      store.put(session('x', 0, 310_000), 'now')
      assert.equal(store.put(session('k', 0, 99_999), 'expired'), false)
      assert.equal(store.put(session('k', 0, 110_001), 'late'), true)
      assert.equal(store.fetchSession('k', 0, 110_001), 'late')
    },
  },
  {
    title: 'the changelog of a session store has the key, the end and the start',
    async run(bed) {
      const under = new StoreUnderTest(bed, sessions)
      bed.nowMs = 42
      under.store.put(session('k', 100_000, 150_000), 'v')
      under.store.remove(session('k', 0, 1))
      assert.deepEqual(under.printedRecords(), [
        '6b00000000000249f000000000000186a0=76 @42',
        '6b00000000000000010000000000000000=null @42',
      ])
      await under.commit()
      await under.rebuild()
      assert.deepEqual([...under.store.fetch('k')], [[session('k', 100_000, 150_000), 'v']])
    },
  },
  {
    title:
      'the changelog is cleaned by the broker, unless the session store writes tombstones for it',
    async run(bed) {
      assert.deepEqual(sessions.topicConfig, {
        'cleanup.policy': 'compact,delete',
        'message.timestamp.type': 'CreateTime',
        'retention.ms': '86600000',
      })
      assert.equal(compacted.topicConfig['cleanup.policy'], 'compact')
      const under = new StoreUnderTest(bed, compacted)
      under.store.put(session('a', 0, 5), '1')
      await under.commit()
      under.store.put(session('b', 0, 300_000), '2')
      assert.deepEqual(under.printedRecords(), [
        '6100000000000000050000000000000000=null @300000',
        '6200000000000493e00000000000000000=32 @0',
      ])
    },
  },
  {
    title: 'no session ends before it starts',
    run(bed) {
      const store = bed.build(sessions)
      assert.throws(() => store.put(session('k', 2, 1), 'v'), TypeError)
      assert.throws(() => store.put(session('k', -1, 1), 'v'), TypeError)
    },
  },
]
