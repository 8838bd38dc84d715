import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, record } from '../../processor/collect.testkit.ts'
import { map } from './map.ts'
import { mapValues } from './map-values.ts'
import { selectKey } from './select-key.ts'

const headers = [{ key: 'h', value: null }]
const input = record<string, number | null>('a', 1, 5, headers)

test('map gives another key and value, and keeps timestamp and headers', async () => {
  const out = await collect(
    map((key: string, value: number | null) => [value, key]),
    [input],
  )

  assert.deepEqual(out, [record(1, 'a', 5, headers)])
})

test('mapValues gives another value, and keeps key, timestamp and headers', async () => {
  const out = await collect(
    mapValues((value: number | null, key: string) => key + String(value)),
    [input],
  )

  assert.deepEqual(out, [record('a', 'a1', 5, headers)])
})

test('mapValues calls the mapper with null values', async () => {
  const out = await collect(
    mapValues((value: number | null) => value ?? 'none'),
    [record('a', null)],
  )

  assert.deepEqual(out, [record('a', 'none')])
})

test('selectKey gives another key, and keeps value, timestamp and headers', async () => {
  const out = await collect(
    selectKey((key: string) => key.length),
    [input],
  )

  assert.deepEqual(out, [record(1, 1, 5, headers)])
})
