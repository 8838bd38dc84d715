import type { SinkRecord } from '@millrace/core'
import assert from 'node:assert/strict'
import { keyOf, type TestBatch } from './sink-test-batch.ts'
import type { SinkHarness, SinkRow } from './sink-under-test.ts'

type Expectations = Pick<
  SinkHarness<unknown, unknown>,
  'keeps' | 'nullKey' | 'tombstone' | 'tellsOrder'
>

/** Asserts that these are the rows of the batches, each once, and in the order of each key where rows tell it. */
export function assertRows(
  rows: readonly SinkRow[],
  batches: readonly TestBatch[],
  harness: Expectations,
): void {
  assert.deepEqual(printSorted(rows), printSorted(expectedRows(batches, harness)))
  if (harness.tellsOrder === true) assertOrder(rows, batches)
}

function expectedRows(batches: readonly TestBatch[], harness: Expectations): readonly SinkRow[] {
  const rows = new Map<string, SinkRow>()
  for (const { records, shape } of batches) {
    for (const record of records) {
      const fate = fateOf(record, { shape }, harness)
      if (fate === 'nothing') continue
      const key = keyOf(record, shape)
      const isReplaced = harness.keeps === 'last-per-key' && key !== null
      const row = isReplaced ? `key ${key}` : `row ${printRow(record)}`
      if (fate === 'deletes') rows.delete(row)
      else rows.set(row, record)
    }
  }
  return [...rows.values()]
}

function fateOf(
  record: SinkRecord<unknown, unknown>,
  { shape }: Pick<TestBatch, 'shape'>,
  { nullKey, tombstone }: Expectations,
): 'written' | 'deletes' | 'nothing' {
  if (shape.poison?.includes(record.offset) === true) return 'nothing'
  if (keyOf(record, shape) === null && nullKey !== 'written') return 'nothing'
  if (record.value !== null || tombstone === 'written') return 'written'
  return tombstone === 'deletes' ? 'deletes' : 'nothing'
}

function assertOrder(rows: readonly SinkRow[], batches: readonly TestBatch[]): void {
  const keys = new Map<string, string>()
  for (const { records, shape, topic, partition } of batches) {
    for (const record of records) {
      keys.set(printRow(record), `${topic}/${partition}/${keyOf(record, shape) ?? 'no key'}`)
    }
  }
  const last = new Map<string, SinkRow>()
  for (const row of rows) {
    const key = keys.get(printRow(row)) ?? ''
    const before = last.get(key)
    if (before !== undefined) {
      const message = `${printRow(row)} took effect after ${printRow(before)}`
      assert.ok(compareRows(before, row) < 0, message)
    }
    last.set(key, row)
  }
}

function compareRows(a: SinkRow, b: SinkRow): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition || a.offset - b.offset || a.index - b.index
}

function printRow({ topic, partition, offset, index }: SinkRow): string {
  return `${topic}/${partition}/${offset}/${index}`
}

function printSorted(rows: readonly SinkRow[]): readonly string[] {
  return [...rows].sort(compareRows).map(printRow)
}
