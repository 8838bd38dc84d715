import { serdes, stores, type VersionedStoreOptions } from '@millrace/core'
import assert from 'node:assert/strict'
import { type StateBackendCase, STORE } from './state-backend-bed.ts'
import { StoreUnderTest } from './store-under-test.ts'

const OPTIONS: VersionedStoreOptions<string, string> = {
  key: serdes.string,
  value: serdes.string,
  historyRetention: 100,
  segmentInterval: 50,
}
const versions = stores.versionedKeyValue(STORE, OPTIONS)

/** What versioned stores promise, over any backend. */
export const versionedStoreCases: readonly StateBackendCase[] = [
  {
    title: 'a version is found by the times from its put to the next one',
    run(bed) {
      const store = bed.build(versions)
      assert.equal(store.name, STORE)
      assert.equal(store.get('k'), null)
      assert.equal(store.put('k', 'a', 10), 'latest')
      assert.equal(store.put('k', 'c', 30), 'latest')
      assert.equal(store.put('k', 'b', 20), 30)
      assert.deepEqual(store.get('k'), { value: 'c', timestampMs: 30, validToMs: undefined })
      assert.equal(store.get('k', 9), null)
      assert.deepEqual(store.get('k', 10), { value: 'a', timestampMs: 10, validToMs: 20 })
      assert.deepEqual(store.get('k', 29), { value: 'b', timestampMs: 20, validToMs: 30 })
      assert.equal(store.get('k', 1000)?.value, 'c')
      assert.equal(store.get('kk', 1000), null)
    },
  },
  {
    title: 'of two puts with the same timestamp the later call wins',
    run(bed) {
      const store = bed.build(versions)
      store.put('k', 'first', 10)
      assert.equal(store.put('k', 'second', 10), 'latest')
      store.put('k', 'next', 20)
      assert.equal(store.put('k', 'third', 10), 20)
      assert.equal(store.get('k', 15)?.value, 'third')
    },
  },
  {
    title: 'a deletion ends a version, and is known to what is put before it',
    run(bed) {
      const store = bed.build(versions)
      store.put('k', 'a', 10)
      assert.deepEqual(store.delete('k', 20), { value: 'a', timestampMs: 10, validToMs: undefined })
      assert.equal(store.get('k'), null)
      assert.equal(store.get('k', 20), null)
      assert.equal(store.get('k', 19)?.validToMs, 20)
      assert.equal(store.put('k', 'b', 15), 20)
      assert.equal(store.get('k'), null)
      // A key that never had a version, and one that is deleted when it was put.
      store.put('never', null, 60)
      assert.equal(store.put('never', 'before', 40), 60)
      assert.equal(store.get('never'), null)
      store.put('at once', 'x', 60)
      store.put('at once', null, 60)
      assert.equal(store.put('at once', 'before', 40), 60)
      assert.equal(store.get('at once'), null)
    },
  },
  {
    title: 'a put older than the history is refused, and only the latest version outlives it',
    run(bed) {
      const store = bed.build(versions)
      store.put('k', 'a', 10)
      store.put('k', 'b', 20)
      store.put('other', 'x', 200)
      assert.equal(store.put('k', 'late', 99), 'not-put')
      assert.equal(store.delete('k', 99), null)
      assert.equal(store.get('k')?.value, 'b')
      assert.equal(store.get('k', 15), null)
      assert.equal(store.get('k', 25)?.value, 'b')
      assert.equal(store.put('k', 'in time', 100), 'latest')
    },
  },
  {
    title: 'versions of a span come in either order, without deletions',
    run(bed) {
      const store = bed.build(versions)
      for (const [timestampMs, value] of [
        [10, 'a'],
        [40, 'b'],
        [60, null],
        [80, 'c'],
      ] as const) {
        store.put('k', value, timestampMs)
      }
      const values = (from: number, to: number): readonly string[] =>
        [...store.getVersions('k', from, to)].map(({ value }) => value)
      assert.deepEqual(values(0, 100), ['c', 'b', 'a'])
      assert.deepEqual(values(20, 20), ['a'])
      assert.deepEqual(values(40, 79), ['b'])
      assert.deepEqual(values(60, 79), [])
      assert.deepEqual(values(90, 95), ['c'])
      assert.deepEqual(
        [...store.getVersions('k', 0, 45, 'ascending')],
        [
          { value: 'a', timestampMs: 10, validToMs: 40 },
          { value: 'b', timestampMs: 40, validToMs: 60 },
        ],
      )
    },
  },
  {
    title: 'the changelog of a versioned store has every put, at the time of its version',
    async run(bed) {
      const under = new StoreUnderTest(bed, versions)
      bed.nowMs = 42
      under.store.put('k', 'a', 10)
      under.store.put('k', 'b', 20)
      under.store.put('k', 'b', 20)
      under.store.delete('x', 15)
      bed.buffer.setSavepoint()
      under.store.put('k', 'taken back', 25)
      bed.buffer.rollbackToSavepoint()
      assert.deepEqual(under.printedRecords(), [
        '6b=61 @10',
        '6b=62 @20',
        '6b=62 @20',
        '78=null @15',
      ])
      under.store.put('k', 'far', 500)
      assert.equal(under.store.put('k', 'refused', 1), 'not-put')
      assert.equal(under.printedRecords().length, 5)
      await under.commit()
      assert.equal(bed.buffer.isDirty, false)
      await under.rebuild()
      assert.equal(under.store.get('k')?.value, 'far')
    },
  },
  {
    title: 'a compacted changelog has the latest version, also after a put before it',
    async run(bed) {
      const under = new StoreUnderTest(bed, versions)
      under.store.put('k', 'latest', 100)
      under.store.put('k', 'before', 50)
      under.store.put('gone', null, 100)
      under.store.put('gone', 'before', 50)
      assert.deepEqual(under.printedRecords(), [
        '6b=6c6174657374 @100',
        '6b=6265666f7265 @50',
        '6b=6c6174657374 @100',
        '676f6e65=null @100',
        '676f6e65=6265666f7265 @50',
        '676f6e65=null @100',
      ])
      await under.commit()
      under.compact()
      await under.rebuild()
      assert.equal(under.store.get('k')?.value, 'latest')
      assert.equal(under.store.get('gone'), null)
    },
  },
  {
    title: 'the bytes of a versioned store are the latest values, and rows by segment',
    async run(bed) {
      const under = new StoreUnderTest(bed, versions)
      under.store.put('k', 'a', 10)
      under.store.put('k', 'b', 60)
      await under.commit()
      const spaced = [
        '00 = 000000000000003c 00000000',
        '01 00000000000001 6b = 000000000000003c 000000000000000a 000000000000000a 00000001 61',
        '02 6b = 000000000000003c 62',
      ]
      assert.deepEqual(
        under.bytes(),
        spaced.map((entry) => entry.replaceAll(' ', '')),
      )
    },
  },
  {
    title: 'the changelog of a versioned store keeps what history may ask for',
    run() {
      assert.deepEqual(versions.topicConfig, {
        'cleanup.policy': 'compact',
        'message.timestamp.type': 'CreateTime',
        'min.compaction.lag.ms': '86400100',
      })
    },
  },
  {
    title: 'a segment interval too short for the history, and a negative timestamp, are refused',
    run(bed) {
      const tooShort = { ...OPTIONS, historyRetention: '1 day', segmentInterval: 10 } as const
      assert.throws(() => stores.versionedKeyValue(STORE, tooShort), TypeError)
      assert.throws(
        () => stores.versionedKeyValue(STORE, { ...OPTIONS, segmentInterval: 0 }),
        TypeError,
      )
      assert.throws(() => bed.build(versions).put('k', 'v', -1), TypeError)
    },
  },
]
