import { serdes, stores, type WindowStoreOptions } from '@millrace/core'
import assert from 'node:assert/strict'
import { hex, type StateBackendCase, STORE, utf8 } from './state-backend-bed.ts'
import { StoreUnderTest } from './store-under-test.ts'

const OPTIONS: WindowStoreOptions<string, string> = {
  key: serdes.string,
  value: serdes.string,
  windowSize: 1000,
  retention: 200_000,
}
const windows = stores.window(STORE, OPTIONS)
const compacted = stores.window(STORE, { ...OPTIONS, changelogCleanup: 'compact' })
const duplicates = stores.window(STORE, { ...OPTIONS, retainDuplicates: true })
const timestamped = stores.timestampedWindow(STORE, OPTIONS)

/** What window stores promise, over any backend. */
export const windowStoreCases: readonly StateBackendCase[] = [
  {
    title: 'a window is found by its start, and windows by times with both ends included',
    run(bed) {
      const store = bed.build(windows)
      assert.equal(store.name, STORE)
      for (const startMs of [0, 1000, 2000, 3000]) store.put('k', `at ${startMs}`, startMs)
      store.put('other', 'x', 1000)
      assert.equal(store.fetch('k', 1000), 'at 1000')
      assert.equal(store.fetch('k', 1001), null)
      assert.deepEqual(
        [...store.fetch('k', 1000, 2000)],
        [
          [1000, 'at 1000'],
          [2000, 'at 2000'],
        ],
      )
      assert.deepEqual([...store.backwardFetch('k', 2500, 9000)], [[3000, 'at 3000']])
      assert.deepEqual([...store.fetch('k', 2000, 1000)], [])
      assert.equal(store.put('k', null, 1000), true)
      assert.equal(store.fetch('k', 1000), null)
    },
  },
  {
    title: 'windows come with their keys, segment by segment and in the order of the keys',
    run(bed) {
      const store = bed.build(windows)
      store.put('b', '1', 0)
      store.put('a', '2', 99_000)
      store.put('a', '3', 100_000)
      store.put('a', '4', 1000)
      const entries = [
        [{ key: 'a', window: { startMs: 1000, endMs: 2000 } }, '4'],
        [{ key: 'a', window: { startMs: 99_000, endMs: 100_000 } }, '2'],
        [{ key: 'b', window: { startMs: 0, endMs: 1000 } }, '1'],
        [{ key: 'a', window: { startMs: 100_000, endMs: 101_000 } }, '3'],
      ] as const
      assert.deepEqual([...store.all()], entries)
      assert.deepEqual([...store.backwardAll()], entries.toReversed())
      assert.deepEqual([...store.fetchAll(1000, 99_000)], entries.slice(0, 2))
      assert.deepEqual([...store.fetchRange('b', null, 0, 200_000)], entries.slice(2, 3))
      assert.deepEqual(
        [...store.backwardFetchRange(null, 'a', 2000, 200_000)],
        [entries[3], entries[1]],
      )
    },
  },
  {
    title: 'a window is read until stream time is a retention behind it, and not longer',
    run(bed) {
      const store = bed.build(windows)
      store.put('k', 'old', 50_000)
      store.put('k', 'now', 249_999)
      assert.equal(store.fetch('k', 50_000), 'old')
      store.put('k', 'now', 250_000)
      assert.equal(store.fetch('k', 50_000), null)
      assert.deepEqual([...store.fetch('k', 0, 60_000)], [])
      assert.equal([...store.all()].length, 2)
    },
  },
  {
    title: 'a write into a dropped segment is refused, one into a live segment is not',
    run(bed) {
      const store = bed.build(windows)
      assert.equal(store.put('k', 'now', 310_000), true)
      assert.equal(store.put('k', 'expired', 99_999), false)
      assert.equal(store.put('k', null, 0), false)
      // Stored, as Kafka Streams does with RocksDB, and not found: its segment lives, the window does not.
      assert.equal(store.put('k', 'hidden', 100_000), true)
      assert.equal(store.fetch('k', 100_000), null)
      assert.equal(store.put('k', 'late', 110_001), true)
      assert.equal(store.fetch('k', 110_001), 'late')
    },
  },
  {
    title: 'expired segments are dropped from the state with the commit',
    async run(bed) {
      const under = new StoreUnderTest(bed, windows)
      under.store.put('k', '1', 0)
      under.store.put('k', '2', 100_000)
      await under.commit()
      assert.equal(under.bytes().length, 3) // with the store's numbers
      under.store.put('k', '3', 300_000)
      assert.deepEqual([...under.store.fetch('k', 0, 400_000)].length, 1)
      under.abort()
      assert.deepEqual([...under.store.fetch('k', 0, 400_000)].length, 2)
      under.store.put('k', '3', 300_000)
      await under.commit()
      assert.equal(under.bytes().length, 3)
      assert.equal(under.changelog.length, 3)
    },
  },
  {
    title: 'a savepoint takes back stream time, and with it what had expired',
    run(bed) {
      const store = bed.build(windows)
      store.put('k', 'old', 0)
      bed.buffer.setSavepoint()
      store.put('k', 'far', 900_000)
      assert.equal(store.fetch('k', 0), null)
      bed.buffer.rollbackToSavepoint()
      assert.equal(store.fetch('k', 0), 'old')
      assert.equal(store.put('k', 'again', 1), true)
    },
  },
  {
    title: 'duplicates are all kept, in the order of their writes, and null does nothing',
    async run(bed) {
      const under = new StoreUnderTest(bed, duplicates)
      under.store.put('k', '1', 5)
      under.store.put('k', '2', 5)
      under.store.put('k', null, 5)
      assert.deepEqual(
        [...under.store.fetch('k', 5, 5)],
        [
          [5, '1'],
          [5, '2'],
        ],
      )
      assert.deepEqual(under.printedRecords(), [
        '6b000000000000000500000001=31 @0',
        '6b000000000000000500000002=32 @0',
      ])
      await under.commit()
      await under.reopen()
      under.store.put('k', '3', 5)
      assert.deepEqual(
        [...under.store.fetch('k', 5, 5)].map(([, value]) => value),
        ['1', '2', '3'],
      )
    },
  },
  {
    title: 'the changelog of a window store has the key, the start and a sequence of 0',
    run(bed) {
      const under = new StoreUnderTest(bed, windows)
      bed.nowMs = 42
      under.store.put('k', 'v', 150_000)
      under.store.put('k', null, 150_001)
      assert.deepEqual(under.printedRecords(), [
        '6b00000000000249f000000000=76 @42',
        '6b00000000000249f100000000=null @42',
      ])
    },
  },
  {
    title:
      'the changelog of a timestamped window store has the raw value, time and headers in the record',
    async run(bed) {
      const under = new StoreUnderTest(bed, timestamped)
      bed.nowMs = 42
      const headers = [{ key: 'h', value: utf8('1') }]
      under.store.put('k', { value: 'v', timestampMs: 7, headers }, 1_700_000_000_000)
      assert.deepEqual(under.printedRecords(), ['6b0000018bcfe5680000000000=76 @7'])
      assert.equal(under.records()[0]?.headers[0]?.key, 'h')
      await under.commit()
      await under.rebuild()
      const found = under.store.fetch('k', 1_700_000_000_000)
      assert.equal(found?.value, 'v')
      assert.equal(found.timestampMs, 7)
      assert.equal(hex(found.headers[0]?.value ?? new Uint8Array(0)), '31')
    },
  },
  {
    title: 'a changelog of Kafka Streams is restored, without what has expired at its end',
    async run(bed) {
      const record = (key: string, value: string | null): object => ({
        key: Buffer.from(key, 'hex'),
        value: value === null ? null : utf8(value),
        timestamp: 3,
        headers: [],
      })
      const records = [
        record('6b000000000000000000000000', 'expired'),
        record('6b00000000000186a000000000', 'live'), // 100,000
        record('6b00000000000186a100000000', 'gone'),
        record('6b00000000000493e000000000', 'last'), // 300,000
        record('6b00000000000186a100000000', null),
      ]
      const batch = windows.changelog.restore(records as never, bed.state.entries(STORE))
      await bed.state.apply([{ store: STORE, ...batch }], new Map())
      const store = bed.build(windows)
      assert.deepEqual([...store.fetch('k', 0, 300_000)], [[300_000, 'last']])
      // 100,000 is a retention behind: stored, and not found.
      assert.equal(store.put('k', 'x', 99_999), false)
      assert.equal([...bed.state.entries(STORE).range(ALL)].length, 3)
    },
  },
  {
    title: 'the changelog is cleaned by the broker, unless the store writes tombstones for it',
    async run(bed) {
      assert.deepEqual(windows.topicConfig, {
        'cleanup.policy': 'compact,delete',
        'message.timestamp.type': 'CreateTime',
        'retention.ms': '86600000',
      })
      assert.deepEqual(compacted.topicConfig, {
        'cleanup.policy': 'compact',
        'message.timestamp.type': 'CreateTime',
      })
      const under = new StoreUnderTest(bed, compacted)
      bed.nowMs = 5
      under.store.put('a', '1', 0)
      under.store.put('b', '2', 1)
      under.store.put('c', '3', 100_000)
      await under.commit()
      under.store.put('b', 'not sent', 2)
      under.store.put('d', '4', 300_000)
      assert.deepEqual(under.printedRecords(), [
        '61000000000000000000000000=null @300000',
        '62000000000000000100000000=null @300000',
        '6400000000000493e000000000=34 @5',
      ])
      await under.commit()
      await under.rebuild()
      assert.deepEqual(
        [...under.store.all()].map(([{ key }]) => key),
        ['d'],
      )
      assert.equal(under.bytes().length, 3)
    },
  },
  {
    title: 'an iteration over windows sees the store of its call, and may be given up at any time',
    async run(bed) {
      const under = new StoreUnderTest(bed, windows)
      const { store } = under
      for (let i = 0; i < 300; i++) store.put(`k${i % 3}`, String(i), i * 1000)
      await under.commit()
      const view = store.all()
      const unused = store.fetch('k1', 0, 300_000)
      const begun = store.backwardAll()
      begun.next()
      store.put('k0', 'later', 900_000)
      await under.commit()
      assert.equal([...view].length, 200)
      begun.return?.()
      unused.return?.()
      assert.deepEqual([...begun], [])
      assert.deepEqual([...unused], [])
      assert.equal([...store.all()].length, 1)
    },
  },
  {
    title: 'a window longer than the retention, and a negative start, are refused',
    run(bed) {
      assert.throws(() => stores.window(STORE, { ...OPTIONS, windowSize: 200_001 }), TypeError)
      assert.throws(() => bed.build(windows).put('k', 'v', -1), TypeError)
      assert.equal(bed.build(windows).fetch('k', -1), null)
    },
  },
]

const ALL = { from: undefined, to: undefined, reverse: false }
