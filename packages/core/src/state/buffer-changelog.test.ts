import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Headers } from '../record/headers.ts'
import { bufferChangelog } from './buffer-changelog.ts'
import { BufferEntries } from './buffer-entries.ts'
import { encodeBufferValue } from './buffer-value.ts'
import { inMemory } from './memory-state-backend.ts'
import type { TaskState } from './state-backend.ts'
import type { RestoredRecord } from './store-changelog.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

const STORE = 'buffer'

interface Bed {
  readonly state: TaskState
  readonly buffer: TransactionBuffer
  readonly entries: BufferEntries
}

function open(): Bed {
  const state = inMemory().open({ taskId: '0_0', stores: [STORE], directory: '' })
  if ('then' in state) throw new TypeError('memory opens at once')
  const buffer = new TransactionBuffer(STORE, state.entries(STORE))
  return { state, buffer, entries: new BufferEntries(buffer) }
}

function restore({ state, buffer }: Bed, records: readonly RestoredRecord[]): void {
  const batch = bufferChangelog.restore(records, state.entries(STORE))
  void state.apply([{ store: STORE, ...batch }], new Map())
  buffer.clear()
}

function commit({ state, buffer }: Bed): void {
  void state.apply([buffer.batch()], new Map())
  buffer.clear()
}

/** A record of the changelog, as it is read. */
function read(
  key: string,
  hex: string | null,
  version?: number,
  headers: Headers = [],
): RestoredRecord {
  const marked = version === undefined ? [] : [{ key: 'v', value: Uint8Array.of(version) }]
  return {
    key: Buffer.from(key),
    value: hex === null ? null : Buffer.from(hex, 'hex'),
    timestamp: 99,
    headers: [...headers, ...marked],
    topic: 'changelog',
    partition: 2,
    offset: 11,
  }
}

/** What the buffer has of a key, as text. */
function shown({ entries }: Bed, key: string): unknown {
  const { value, timeMs } = entries.find(Buffer.from(key))
  if (value === undefined) return undefined
  const text = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString()
  const { context, prior, oldValue, newValue } = value
  const { timestampMs, metadata, headers } = context
  const origin = `${metadata?.topic}-${metadata?.partition}@${metadata?.offset} ${timestampMs}`
  const names = headers.map((header) => `${header.key}=${text(header.value)}`)
  return [timeMs, text(prior), text(oldValue), text(newValue), origin, ...names]
}

// What Kafka Streams 4.3.1 reads: key k, from partition 2 of the topic changelog, offset 11, timestamp 99.
const V0 = '0000000000000009000000016f000000016e'
const V1 =
  '00000000000000090000018bcfe56800000000012a05f2000000000674c3b370696300000000000000030000' +
  '000168000000013100000002c3a9ffffffff0000000168000000000000000a000000016f000000016e'
const V2 =
  '0000000000000007000000000000002a00000002696e00000003000000000000000a000000016f000000016e' +
  '00000001700000000000000009'
const V3 =
  '0000000000000007000000000000002a00000002696e0000000300000000' +
  '0000000170000000016f000000016e0000000000000009'
const V3_WITHOUT_PRIOR =
  '0000000000000007000000000000002a00000002696e0000000300000000' +
  'ffffffff000000016fffffffff0000000000000009'
const IN = 'in-3@42 7'

describe('a restore reads what Kafka Streams has written', () => {
  test('in version 3', () => {
    const bed = open()
    restore(bed, [read('k', V3, 3)])
    assert.deepEqual(shown(bed, 'k'), [9, 'p', 'o', 'n', IN])
    assert.equal(bed.entries.count, 1)
    assert.equal(bed.entries.bytes, 8 + 1 + 25)
  })

  test('in version 2', () => {
    const bed = open()
    restore(bed, [read('k', V2, 2)])
    assert.deepEqual(shown(bed, 'k'), [9, 'p', 'o', 'n', IN])
  })

  test('in version 3 under the name of version 2', () => {
    const bed = open()
    restore(bed, [read('k', V3, 2), read('l', V3_WITHOUT_PRIOR, 2)])
    assert.deepEqual(shown(bed, 'k'), [9, 'p', 'o', 'n', IN])
    assert.deepEqual(shown(bed, 'l'), [9, null, 'o', null, IN])
  })

  test('in version 1, with the prior value that the buffer has', () => {
    const context = ['tópic-0@5000000000 1700000000000', 'h=1', 'é=null', 'h=']
    const bed = open()
    restore(bed, [read('k', V1, 1), read('l', V3, 3), read('l', V1, 1)])
    assert.deepEqual(shown(bed, 'k'), [9, 'o', 'o', 'n', ...context])
    assert.deepEqual(shown(bed, 'l'), [9, 'p', 'o', 'n', ...context])
  })

  test('in the first version, with the context of the changelog record', () => {
    const bed = open()
    const headers = [{ key: 'x', value: Buffer.from('y') }]
    restore(bed, [read('k', V0, undefined, headers), read('l', V3, 3), read('l', V0)])
    assert.deepEqual(shown(bed, 'k'), [9, 'o', 'o', 'n', 'changelog-2@11 99', 'x=y'])
    assert.deepEqual(shown(bed, 'l'), [9, 'p', 'o', 'n', 'changelog-2@11 99'])
  })

  test('but not in a version that it does not know', () => {
    const bed = open()
    assert.throws(() => {
      restore(bed, [read('k', V3, 4)])
    }, /^RangeError: a suppress changelog has records of an unknown version 4$/)
    assert.throws(() => {
      restore(bed, [read('k', 'ff', 3)])
    }, RangeError)
  })
})

test('a tombstone takes a key out, and a restore of the same records again changes nothing', () => {
  const bed = open()
  const records = [read('k', V3, 3), read('l', V3, 3), read('k', null), read('m', null)]
  for (let i = 0; i < 2; i++) {
    restore(bed, records)
    assert.equal(shown(bed, 'k'), undefined)
    assert.deepEqual(shown(bed, 'l'), [9, 'p', 'o', 'n', IN])
    assert.equal(bed.entries.count, 1)
    assert.equal(bed.entries.bytes, 34)
    assert.equal(bed.entries.firstMs, 9)
  }
})

test('a key that was taken out and came back within a transaction is at its new time after a restore', () => {
  const bed = open()
  const later = V3.replace(/09$/, '0a')
  restore(bed, [read('k', V3, 3)])
  restore(bed, [read('k', later, 3)])

  assert.equal(bed.entries.firstMs, 10)
  const first = bed.entries.first()
  assert.ok(first !== undefined)
  bed.entries.remove(first, 0)
  assert.equal(bed.entries.firstMs, Infinity)
})

test('a transaction is one record a key in version 3, and a tombstone for one that left', () => {
  const bed = open()
  restore(bed, [read('left', V3, 3)])
  const { entries, buffer } = bed
  const context = {
    timestampMs: 7,
    headers: [],
    metadata: { topic: 'in', partition: 3, offset: 42 },
  }
  const value = {
    context,
    prior: Buffer.from('p'),
    oldValue: Buffer.from('o'),
    newValue: Buffer.from('n'),
  }
  entries.put(entries.find(Buffer.from('gone')), value, 1, 50)
  entries.put(entries.find(Buffer.from('k')), { ...value, newValue: null }, 9, 50)
  entries.put(entries.find(Buffer.from('k')), value, 9, 51)
  entries.remove(entries.find(Buffer.from('gone')), 52)
  entries.remove(entries.find(Buffer.from('left')), 53)

  const records = [...bufferChangelog.records(buffer)].map((record) => ({
    ...record,
    key: Buffer.from(record.key).toString(),
    value: record.value === null ? null : Buffer.from(record.value).toString('hex'),
  }))
  assert.deepEqual(records, [
    { key: 'k', value: V3, timestampMs: 51, headers: [{ key: 'v', value: Uint8Array.of(3) }] },
    { key: 'left', value: null, timestampMs: 53, headers: [] },
  ])
  assert.equal(encodeBufferValue(value, 9).toString('hex'), V3)
  commit(bed)
  assert.equal(buffer.isDirty, false)
  assert.deepEqual(shown(bed, 'k'), [9, 'p', 'o', 'n', IN])
  assert.equal(entries.count, 1)
})
