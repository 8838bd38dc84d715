import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { BatchConfig } from '../../sink/sink-config.ts'
import { ManualScheduler } from '../../sink/manual-scheduler.testkit.ts'
import { BatchCutter, type CutBatch } from './batch-cutter.ts'
import type { ChainOutput } from './stateless-chain.ts'

const CONFIG: BatchConfig = { maxRecords: 3, maxBytes: 1000, lingerMs: 50, aligned: false }

interface Bed {
  readonly cutter: BatchCutter
  readonly clock: ManualScheduler
}

function bed(own: Partial<BatchConfig> = {}, position = 0, from = position): Bed {
  const clock = new ManualScheduler()
  const cutter = new BatchCutter({
    topic: 'in',
    partition: 0,
    config: { ...CONFIG, ...own },
    from,
    position,
    keepsRaws: true,
    clock,
  })
  return { cutter, clock }
}

function raw(offset: number, bytes = 1): ConsumedRecord {
  const value = new Uint8Array(bytes)
  return { topic: 'in', partition: 0, offset, timestamp: 0, key: null, value, headers: [] }
}

function outputs(count: number): readonly ChainOutput[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    timestampMs: 0,
    key: null,
    value: index,
    headers: [],
  }))
}

/** Adds records; `[offset, outputs, bytes]`, one output of one byte unless it is said. */
function add(cutter: BatchCutter, ...records: readonly (readonly number[])[]): void {
  for (const [offset = 0, count = 1, bytes = 1] of records) {
    cutter.add(raw(offset, bytes), outputs(count))
  }
}

function allOf(cutter: BatchCutter): readonly CutBatch[] {
  const batches: CutBatch[] = []
  for (let batch = cutter.take(); batch !== undefined; batch = cutter.take()) batches.push(batch)
  return batches
}

/** `[from, to, firstOffset, lastOffset, number of records]` */
function cutsOf(cutter: BatchCutter): readonly (readonly number[])[] {
  return allOf(cutter).map(({ from, to, firstOffset, lastOffset, records }) => [
    from,
    to,
    firstOffset,
    lastOffset,
    records.length,
  ])
}

describe('a batch ends', () => {
  test('when it has as many records as it may', () => {
    const { cutter } = bed()
    add(cutter, [0], [1], [2], [3])
    assert.deepEqual(cutsOf(cutter), [[0, 3, 0, 2, 3]])
    assert.equal(cutter.firstOffset, 3)
  })

  test('before a record whose outputs would be too many: all of an offset is in one batch', () => {
    const { cutter } = bed()
    add(cutter, [0], [1], [5, 2], [6, 7])
    assert.deepEqual(cutsOf(cutter), [
      [0, 5, 0, 1, 2],
      [5, 6, 5, 5, 2],
      [6, 7, 6, 6, 7],
    ])
  })

  test('before a record that would make it too large, and behind one that does by itself', () => {
    const { cutter } = bed({ maxBytes: 10 })
    add(cutter, [0, 1, 6], [1, 1, 5], [2, 1, 50], [3, 1, 1])
    assert.deepEqual(cutsOf(cutter), [
      [0, 1, 0, 0, 1],
      [1, 2, 1, 1, 1],
      [2, 3, 2, 2, 1],
    ])
    assert.equal(cutter.firstOffset, 3)
  })

  test('when its first record has waited for long enough', () => {
    const { cutter, clock } = bed()
    assert.equal(cutter.dueMs, undefined)
    clock.advance(7)
    add(cutter, [0])
    clock.advance(7)
    add(cutter, [1])
    assert.equal(cutter.dueMs, 57)
    cutter.cutOpen()
    assert.deepEqual(cutsOf(cutter), [[0, 2, 0, 1, 2]])
    assert.equal(cutter.dueMs, undefined)
  })
})

describe('the position', () => {
  test('goes over records that led to nothing, and over gaps', () => {
    const { cutter } = bed()
    add(cutter, [0, 0], [1], [4, 0])
    cutter.reachedEnd(9)
    assert.equal(cutter.position, 9)
    cutter.cutOpen()
    assert.deepEqual(cutsOf(cutter), [[0, 9, 1, 1, 1]])
    add(cutter, [12, 0])
    assert.deepEqual([cutter.position, cutter.firstOffset], [13, undefined])
  })

  test('that the target has stored is where the first batch comes from, though reading begins later', () => {
    const { cutter } = bed({}, 20, 10)
    add(cutter, [25])
    cutter.cutOpen()
    assert.deepEqual(cutsOf(cutter), [[10, 26, 25, 25, 1]])
  })
})

describe('aligned batches', () => {
  const aligned = { aligned: true, maxRecords: 10 }

  test('end where an offset is a multiple of their size, however few records there are', () => {
    const { cutter } = bed(aligned, 7)
    add(cutter, [7], [8], [9])
    assert.deepEqual(cutsOf(cutter), [[7, 10, 7, 9, 3]])
    add(cutter, [10], [13, 0], [25])
    assert.deepEqual(cutsOf(cutter), [[10, 20, 10, 10, 1]])
    cutter.reachedEnd(30)
    assert.deepEqual(cutsOf(cutter), [[20, 30, 25, 25, 1]])
  })

  test('wait until they are complete', () => {
    const { cutter } = bed(aligned)
    add(cutter, [0], [8])
    assert.deepEqual([cutter.dueMs, cutter.complete], [undefined, 0])
    cutter.reachedEnd(9)
    assert.equal(cutter.complete, 0)
    cutter.reachedEnd(10)
    assert.equal(cutter.complete, 1)
  })

  test('have as many outputs as operators make', () => {
    const { cutter } = bed(aligned)
    add(cutter, [0, 8], [1, 8], [9, 1])
    assert.deepEqual(cutsOf(cutter), [[0, 10, 0, 9, 17]])
  })

  test('are the same when reading begins at any position that was one before', () => {
    // Offsets with gaps, records that lead to nothing, to several, and large ones.
    const log = Array.from({ length: 400 }, (_, i) => i)
      .filter((i) => i % 7 !== 3 && i % 31 > 2)
      .map((i) => [i, i % 5 === 0 ? 0 : 1 + (i % 3), 1 + ((i * 37) % 40)] as const)
    const identitiesFrom = (start: number): ReadonlyMap<number, string> => {
      const { cutter } = bed({ ...aligned, maxBytes: 100 }, start)
      add(cutter, ...log.filter(([offset]) => offset >= start))
      cutter.reachedEnd(400)
      return new Map(
        allOf(cutter).map(({ firstOffset, lastOffset, records, to }) => [
          firstOffset,
          `${firstOffset}-${lastOffset} (${records.length}), then ${to}`,
        ]),
      )
    }
    const whole = identitiesFrom(0)
    const { cutter } = bed({ ...aligned, maxBytes: 100 })
    for (const record of log) {
      // Where a position may be committed: in front of the oldest batch that is not acknowledged, or behind all.
      const position = cutter.firstOffset ?? cutter.position
      const rest = [...identitiesFrom(position)]
      assert.deepEqual(rest, [...whole].slice(-rest.length), `from ${position}`)
      add(cutter, record)
      if (record[0] % 3 === 0) cutter.take()
    }
  })
})
