import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InsertMode } from '../options/jdbc-options.ts'
import { foldBatch } from './fold-batch.ts'
import type { PlannedRow } from './plan-rows.ts'

/** `'a1'` puts key a, `'-a'` deletes it, `'1'` has no key. */
function rows(...steps: readonly string[]): readonly PlannedRow<string, string>[] {
  return steps.map((step, offset) => {
    const isDelete = step.startsWith('-')
    const key = /[a-z]/.exec(step)?.[0]
    const record = {
      topic: 't',
      partition: 0,
      offset,
      index: 0,
      timestampMs: 0,
      key: key ?? '',
      value: step,
      headers: [],
    }
    return { record, values: [step], isDelete, key }
  })
}

function fold(mode: InsertMode, ...steps: readonly string[]): string {
  const { deletes, puts } = foldBatch(rows(...steps), mode)
  return [...deletes, ...puts].map(({ values }) => String(values[0])).join(' ')
}

describe('a batch is folded', () => {
  test('for upsert to the last record of each key, sorted by key', () => {
    assert.equal(fold('upsert', 'b1', 'a1', 'b2', 'a2', 'c1'), 'a2 b2 c1')
  })

  test('for update to the last record of each key', () => {
    assert.equal(fold('update', 'b1', 'a1', 'b2'), 'a1 b2')
  })

  test('for ignore to the first record of each key', () => {
    assert.equal(fold('ignore', 'b1', 'a1', 'b2'), 'a1 b1')
  })

  test('for insert to all records, those of a key in their order', () => {
    assert.equal(fold('insert', 'b1', 'a1', 'b2'), 'a1 b1 b2')
  })

  test('without keys to all records in their order', () => {
    assert.equal(fold('insert', '2', '1', '2'), '2 1 2')
  })

  test('so that a deletion takes what came before, and what comes after counts', () => {
    for (const mode of ['upsert', 'insert', 'ignore'] as const) {
      assert.equal(fold(mode, 'a1', '-a'), '-a', mode)
      assert.equal(fold(mode, 'a1', '-a', 'a2'), '-a a2', mode)
      assert.equal(fold(mode, '-a', 'a1', '-a'), '-a', mode)
    }
  })

  test('so that update finds nothing after a deletion', () => {
    assert.equal(fold('update', 'a1', '-a', 'a2'), '-a')
  })

  test('and tells the keys of which records were left out', () => {
    assert.deepEqual([...foldBatch(rows('a1', 'b1', 'a2'), 'upsert').foldedKeys], ['a'])
  })
})
