import assert from 'node:assert/strict'
import { type Header, NO_HEADERS, serdes, type StoreBuilder, stores } from '@millrace/core'
import type { ConsumedRecord } from '@millrace/core/internal'
import {
  at,
  hex,
  type StateBackendBed,
  type StateBackendCase,
  STORE,
  utf8,
} from './state-backend-bed.ts'

const plain = stores.keyValue(STORE, { key: serdes.string, value: serdes.string })
const counts = stores.timestampedKeyValue(STORE, { key: serdes.string, value: serdes.long })
const blobs = stores.timestampedKeyValue(STORE, { key: serdes.string, value: serdes.bytes })

const HEADERS: readonly Header[] = [
  { key: 'h', value: utf8('1') },
  { key: 'h', value: utf8('2') },
  { key: '', value: utf8('no name') },
  { key: 'null', value: null },
  { key: 'empty', value: new Uint8Array(0) },
  { key: 'ünï', value: new Uint8Array(300).fill(0xfe) },
]

/** What key-value stores promise, over any backend. */
export const typedStoreCases: readonly StateBackendCase[] = [
  {
    title: 'put, get, putIfAbsent and delete say what was there',
    run(bed) {
      const store = bed.build(plain)
      assert.equal(store.name, STORE)
      assert.equal(store.get('a'), null)
      assert.equal(store.putIfAbsent('a', '1'), null)
      assert.equal(store.putIfAbsent('a', '2'), '1')
      assert.equal(store.get('a'), '1')
      store.put('a', null)
      assert.equal(store.get('a'), null)
      store.put('b', '')
      assert.equal(store.get('b'), '')
      assert.equal(store.delete('b'), '')
      assert.equal(store.delete('b'), null)
    },
  },
  {
    title: 'range includes both ends, and a missing or null end is open',
    async run(bed) {
      const store = bed.build(plain)
      for (const key of ['a', 'b', 'ba', 'c', 'd']) store.put(key, key)
      await bed.commit()
      store.put('bb', 'bb')
      const keys = (entries: Iterable<readonly [string, string]>): readonly string[] =>
        [...entries].map(([key]) => key)
      assert.deepEqual(keys(store.range('b', 'c')), ['b', 'ba', 'bb', 'c'])
      assert.deepEqual(keys(store.range('aa', 'b')), ['b'])
      assert.deepEqual(keys(store.range(null, 'b')), ['a', 'b'])
      assert.deepEqual(keys(store.range('c')), ['c', 'd'])
      assert.deepEqual(keys(store.range('d', 'a')), [])
      assert.deepEqual(keys(store.reverseRange('b', 'c')), ['c', 'bb', 'ba', 'b'])
      assert.deepEqual(keys(store.all()), ['a', 'b', 'ba', 'bb', 'c', 'd'])
      assert.deepEqual(keys(store.reverseAll()), ['d', 'c', 'bb', 'ba', 'b', 'a'])
    },
  },
  {
    title: 'a prefix scan gives the keys that begin with it, also at the end of the key space',
    run(bed) {
      const bytes = stores.keyValue(STORE, { key: serdes.bytes, value: serdes.string })
      const store = bed.build(bytes)
      for (const key of ['', '61', '6100', '61ff', '62', 'fe', 'ff', 'ffff', 'ffff01']) {
        store.put(Buffer.from(key, 'hex'), key)
      }
      const scan = (prefix: string): readonly string[] =>
        [...store.prefixScan(Buffer.from(prefix, 'hex'))].map(([, value]) => value)
      assert.deepEqual(scan('61'), ['61', '6100', '61ff'])
      assert.deepEqual(scan('ff'), ['ff', 'ffff', 'ffff01'])
      assert.deepEqual(scan('ffff'), ['ffff', 'ffff01'])
      assert.deepEqual(scan('63'), [])
      assert.equal(scan('').length, 9)
    },
  },
  {
    title: 'an iteration of a store sees it as it was at the call',
    run(bed) {
      const store = bed.build(plain)
      store.put('a', '1')
      const view = store.all()
      store.put('a', '2')
      store.put('b', '2')
      assert.deepEqual([...view], [['a', '1']])
    },
  },
  {
    title: 'value, timestamp and headers of an entry come back as they were put',
    async run(bed) {
      const store = bed.build(blobs)
      const empty = new Uint8Array(0)
      const entries = [
        { value: utf8('v'), timestampMs: 0, headers: NO_HEADERS },
        { value: empty, timestampMs: 1_700_000_000_123, headers: NO_HEADERS },
        { value: empty, timestampMs: Number.MAX_SAFE_INTEGER, headers: HEADERS },
        { value: new Uint8Array(100_000).fill(3), timestampMs: 5, headers: HEADERS },
      ]
      for (const [i, entry] of entries.entries()) store.put(String(i), entry)
      const assertSame = (): void => {
        for (const [i, wanted] of entries.entries()) {
          const found = store.get(String(i))
          assert.ok(found)
          assert.equal(hex(found.value), hex(wanted.value))
          assert.equal(found.timestampMs, wanted.timestampMs)
          assert.deepEqual(comparable(found.headers), comparable(wanted.headers))
        }
      }
      assertSame()
      await bed.commit()
      assertSame()
    },
  },
  {
    title: 'the changelog of a plain store has its bytes, at the time of the record',
    run(bed) {
      const store = bed.build(plain)
      bed.nowMs = 42
      store.put('k', 'wörd')
      assert.deepEqual(changelogOf(bed, plain), [
        { key: '6b', value: '77c3b67264', timestamp: 42, headers: [] },
      ])
    },
  },
  {
    title:
      'the changelog of a timestamped store has the raw value, with time and headers in the record',
    run(bed) {
      const store = bed.build(counts)
      bed.nowMs = 42
      store.put('k', { value: 258, timestampMs: 7, headers: [{ key: 'h', value: utf8('1') }] })
      store.put('gone', null)
      assert.deepEqual(changelogOf(bed, counts), [
        { key: '6b', value: '0000000000000102', timestamp: 7, headers: [['h', '31']] },
        { key: '676f6e65', value: null, timestamp: 42, headers: [] },
      ])
    },
  },
  {
    title: 'a store restored from its changelog has the same bytes',
    async run(bed) {
      const store = bed.build(blobs)
      store.put('a', { value: utf8('1'), timestampMs: 3, headers: HEADERS })
      store.put('b', { value: new Uint8Array(0), timestampMs: 4, headers: NO_HEADERS })
      store.put('c', { value: utf8('2'), timestampMs: 5, headers: NO_HEADERS })
      const records = recordsOf(bed, blobs)
      await bed.commit(3)
      store.put('c', null)
      const later = recordsOf(bed, blobs)
      await bed.commit(4)
      const before = bytesIn(bed)

      await bed.state.clear(STORE)
      const batch = blobs.changelog.restore([...records, ...later], bed.state.entries(STORE))
      await bed.state.apply([{ store: STORE, ...batch }], new Map([[STORE, at(4)]]))
      assert.deepEqual(bytesIn(bed), before)
      assert.equal(before.length, 2)
    },
  },
]

type Logged = Pick<StoreBuilder, 'changelog'>

/** The changelog records of the open transaction. */
function recordsOf({ buffer }: StateBackendBed, logged: Logged): readonly ConsumedRecord[] {
  return [...logged.changelog.records(buffer)].map((record, offset) => ({
    topic: 'app-store-changelog',
    partition: 0,
    offset,
    key: record.key,
    value: record.value,
    timestamp: record.timestampMs,
    headers: record.headers,
  }))
}

function changelogOf(bed: StateBackendBed, logged: Logged): readonly object[] {
  return recordsOf(bed, logged).map(({ key, value, timestamp, headers }) => ({
    key: key === null ? null : hex(key),
    value: value === null ? null : hex(value),
    timestamp,
    headers: comparable(headers),
  }))
}

function comparable(headers: readonly Header[]): readonly (readonly [string, string | null])[] {
  return headers.map(({ key, value }) => [key, value === null ? null : hex(value)])
}

function bytesIn({ state }: StateBackendBed): readonly string[] {
  const bounds = { from: undefined, to: undefined, reverse: false }
  return [...state.entries(STORE).range(bounds)].map(([key, value]) => `${hex(key)}=${hex(value)}`)
}
