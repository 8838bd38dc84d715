import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VersionedRow } from './versioned-row.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const hex = (row: VersionedRow): string => Buffer.from(row.encode()).toString('hex')

/** Written out by the description of the format in Kafka Streams. */
const FIXTURES: readonly {
  readonly title: string
  readonly row: () => VersionedRow
  readonly bytes: string
}[] = [
  {
    title: 'one version has its end, its begin twice, its length and its value',
    row: () => VersionedRow.of(bytes('ab'), 5, 1_700_000_000_000),
    bytes: '0000018bcfe56800 0000000000000005 0000000000000005 00000002 6162',
  },
  {
    title: 'entries come newest first, their values oldest first',
    row: () => {
      const row = VersionedRow.of(bytes('a'), 1, 2)
      row.addNewest(bytes('bb'), 2, 3)
      row.addNewest(bytes(''), 3, 4)
      return row
    },
    bytes:
      '0000000000000004 0000000000000001' +
      '0000000000000003 00000000 0000000000000002 00000002 0000000000000001 00000001 61 6262',
  },
  {
    title: 'a tombstone has the length -1, an empty value 0',
    row: () => {
      const row = VersionedRow.of(bytes('a'), 1, 2)
      row.addNewest(null, 2, 3)
      return row
    },
    bytes:
      '0000000000000003 0000000000000001' +
      '0000000000000002 ffffffff 0000000000000001 00000001 61',
  },
  {
    title: 'a degenerate row is a tombstone that ends when it begins',
    row: () => VersionedRow.of(null, 7, 7),
    bytes: '0000000000000007 0000000000000007 0000000000000007 ffffffff',
  },
  {
    title: 'a gap before the newest version is a tombstone',
    row: () => {
      const row = VersionedRow.of(bytes('a'), 1, 2)
      row.addNewest(bytes('b'), 5, 6)
      return row
    },
    bytes:
      '0000000000000006 0000000000000001 0000000000000005 00000001' +
      '0000000000000002 ffffffff 0000000000000001 00000001 61 62',
  },
  {
    title: 'a version in front of a degenerate row takes its place',
    row: () => {
      const row = VersionedRow.of(null, 7, 7)
      row.addOldest(bytes('a'), 3)
      return row
    },
    bytes: '0000000000000007 0000000000000003 0000000000000003 00000001 61',
  },
]

describe('a row of versions', () => {
  for (const fixture of FIXTURES) {
    test(fixture.title, () => {
      const expected = fixture.bytes.replaceAll(' ', '')
      assert.equal(hex(fixture.row()), expected)
      assert.equal(hex(VersionedRow.decode(Buffer.from(expected, 'hex'))), expected)
    })
  }

  test('a version is found by a time within its validity', () => {
    const row = VersionedRow.decode(VersionedRow.of(bytes('a'), 1, 4).encode())
    row.addNewest(bytes('b'), 4, 9)
    assert.deepEqual([row.minMs, row.nextMs], [1, 9])
    assert.deepEqual([row.indexAt(1), row.indexAt(3), row.indexAt(4), row.indexAt(8)], [1, 1, 0, 0])
    assert.deepEqual([row.endOf(0), row.endOf(1)], [9, 4])
    row.insert(1, { fromMs: 2, value: null })
    assert.deepEqual([row.indexAt(1), row.indexAt(3), row.indexAt(4)], [2, 1, 0])
  })

  test('a version that begins before the row ends is no newest one', () => {
    assert.throws(() => {
      VersionedRow.of(bytes('a'), 1, 4).addNewest(bytes('b'), 3, 9)
    }, TypeError)
  })
})
