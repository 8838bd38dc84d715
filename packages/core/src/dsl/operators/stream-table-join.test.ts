import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  collect,
  CollectingContext,
  record,
  runProcessor,
} from '../../processor/collect.testkit.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { streamTableJoin, type StreamTableJoinParts } from './stream-table-join.ts'

const rows = new Map([
  ['a', 'x'],
  ['b', 'y'],
])
const table: ValueGetterSupplier<string, string> = {
  storeNames: ['rows'],
  create: () => ({
    get: (key) => {
      const value = rows.get(key)
      return value === undefined ? null : valueAndTimestamp(value, 99)
    },
  }),
}

type Parts = StreamTableJoinParts<string | null, string | null, string, string, string>

const parts: Parts = {
  table,
  keyOf: undefined,
  joiner: (left, right, key) => `${key}:${left}+${right}`,
  isLeft: false,
}
const inner = streamTableJoin(parts)
const left = streamTableJoin({ ...parts, isLeft: true })

test('an inner join gives a result where there is a row, at the time and with the headers of the record', async () => {
  const headers = [{ key: 'h', value: Buffer.from('1') }]
  const out = await collect(inner, [record('a', '1', 5, headers), record('c', '2', 6)])

  assert.deepEqual(out, [record('a', 'a:1+x', 5, headers)])
})

test('a left join joins a record without a row, or without a key, with null', async () => {
  const out = await collect(left, [record('a', '1'), record('c', '2'), record(null, '3')])

  assert.deepEqual(out, [
    record('a', 'a:1+x'),
    record('c', 'c:2+null'),
    record(null, 'null:3+null'),
  ])
})

test('null values are dropped by both, null keys by an inner join', async () => {
  const input = [record(null, '1'), record('a', null), record(null, null)]

  const ofInner = (await runProcessor(inner, input)).context
  assert.deepEqual(ofInner.forwarded, [])
  assert.deepEqual(ofInner.dropped, ['null-key', 'null-value', 'null-value'])
  const ofLeft = (await runProcessor(left, input)).context
  assert.deepEqual(ofLeft.forwarded, [record(null, 'null:1+null')])
  assert.deepEqual(ofLeft.dropped, ['null-value', 'null-value'])
})

test('a row is looked up by the key that a record is mapped to, and the record keeps its own', async () => {
  const keyOf: Parts['keyOf'] = (_key, value) => value?.split(',')[0] ?? null
  const byField = streamTableJoin({ ...parts, keyOf })
  const input = [record('k', 'a,1'), record(null, 'b,2'), record('k', 'c,3')]

  assert.deepEqual(await collect(byField, input), [
    record('k', 'k:a,1+x'),
    record(null, 'null:b,2+y'),
  ])
})

test('a mapped key of null is dropped by an inner join, and joined with null by a left join', async () => {
  const byNothing = { ...parts, keyOf: () => null }

  const { context } = await runProcessor(streamTableJoin(byNothing), [record('a', '1')])
  assert.deepEqual([context.forwarded, context.dropped], [[], ['null-key']])
  const out = await collect(streamTableJoin({ ...byNothing, isLeft: true }), [record('a', '1')])
  assert.deepEqual(out, [record('a', 'a:1+null')])
})

test('of a versioned table the row is the one that was valid at the time of the record', async () => {
  const versioned: Parts['table'] = {
    storeNames: ['rows'],
    create: () => ({
      isVersioned: true,
      get: (key, asOfMs = -1) => (asOfMs < 5 ? null : valueAndTimestamp(`${key}${asOfMs}`, 5)),
    }),
  }
  const join = streamTableJoin({ ...parts, table: versioned, isLeft: true })

  assert.deepEqual(await collect(join, [record('a', '1', 9), record('a', '2', 4)]), [
    record('a', 'a:1+a9', 9),
    record('a', 'a:2+null', 4),
  ])
})

test('a join gives back the promise of what is downstream', async () => {
  const context = new CollectingContext<string | null, string>({ isAsync: true })
  const processor = inner()
  await processor.init?.(context)

  const pending = processor.process(record('a', '1'), context)
  assert.equal(pending instanceof Promise, true)
  await pending
  assert.deepEqual(context.forwarded, [record('a', 'a:1+x')])
})
