import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../../errors/millrace-error.ts'
import { CollectingContext, record, runProcessor } from '../../processor/collect.testkit.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { serdes } from '../../serde/serdes.ts'
import { suppressBuffer } from '../../state/suppress-buffer.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { suppressView, tableSuppress, type TableSuppressParts } from './table-suppress.ts'

const buffer = suppressBuffer('held', { key: serdes.string, value: serdes.string })
const change = (after: string | null, before: string | null = null): Change<string> =>
  new Change(after, before)

const UNBOUNDED: TableSuppressParts<string, string> = {
  buffer,
  limitMs: 10,
  spanMs: 0,
  timeOf: (_key, timestampMs) => timestampMs,
  maxRecords: Infinity,
  maxBytes: Infinity,
  whenFull: 'shut-down',
  dropsTombstones: false,
}

async function run(
  parts: Partial<TableSuppressParts<string, string>>,
  input: readonly StreamRecord<string, Change<string>>[],
  isAsync = false,
): Promise<CollectingContext<string, Change<string>>> {
  const supplier = tableSuppress({ ...UNBOUNDED, ...parts })
  const { context } = await runProcessor(supplier, input, { stores: [buffer], isAsync })
  return context
}

test('the last change of a key goes out when its first one is old enough, as what it was', async () => {
  const headers = [{ key: 'h', value: Buffer.from('2') }]
  const { forwarded, origins } = await run({}, [
    record('a', change('1'), 0),
    record('a', change('2', '1'), 9, headers),
    record('b', change('3'), 10),
    record('b', change('4', '3'), 19),
  ])

  assert.deepEqual(forwarded, [record('a', change('2', '1'), 9, headers)])
  assert.deepEqual(origins, [{ topic: 'in', partition: 0, offset: 0 }])
})

test('what is due goes out by time, and by key at the same time', async () => {
  const { forwarded } = await run({}, [
    record('c', change('1'), 5),
    record('b', change('2'), 5),
    record('d', change('3'), 4),
    record('a', change('4'), 9),
    record('z', change('5'), 19),
  ])

  assert.deepEqual(
    forwarded.map(({ key }) => key),
    ['d', 'b', 'c', 'a'],
  )
})

test('tombstones are forwarded, or dropped where nothing can have been before them', async () => {
  const input = [
    record('a', change('1'), 0),
    record('a', change(null, '1'), 1),
    record('b', change('2'), 20),
  ]
  const kept = await run({}, input)
  assert.deepEqual(kept.forwarded, [record('a', change(null, '1'), 1)])

  const dropped = await run({ dropsTombstones: true }, [...input, record('c', change('3'), 40)])
  assert.deepEqual(dropped.forwarded, [record('b', change('2'), 20)])
})

test('a full buffer emits the oldest early', async () => {
  const input = [
    record('a', change('1'), 3),
    record('b', change('2'), 1),
    record('a', change('3', '1'), 4),
    record('c', change('4'), 2),
  ]
  const byRecords = await run({ maxRecords: 2, whenFull: 'emit-early' }, input)
  assert.deepEqual(byRecords.forwarded, [record('b', change('2'), 1)])

  // An entry has 8 + 1 (key) + 1 (value) + 20 + 2 (topic) bytes, and one more for another old value.
  const byBytes = await run({ maxBytes: 65, whenFull: 'emit-early' }, input)
  assert.deepEqual(byBytes.forwarded, [record('b', change('2'), 1)])
  const tighter = await run({ maxBytes: 64, whenFull: 'emit-early' }, input)
  assert.deepEqual(tighter.forwarded, [record('b', change('2'), 1), record('c', change('4'), 2)])
})

test('a full buffer that is to shut down is an error, which tells how full it is', async () => {
  const input = [record('a', change('1'), 1), record('a', change('2'), 2)]
  await run({ maxRecords: 1 }, input)
  await assert.rejects(run({ maxRecords: 1 }, [...input, record('b', change('3'), 3)]), (error) => {
    assert.ok(MillraceError.is(error, 'MR_SUPPRESS_BUFFER_FULL'))
    assert.equal(
      error.message,
      'Operator operator holds back 2 of at most 1 records and 64 of at most Infinity bytes',
    )
    assert.deepEqual(error.at, { operator: 'operator', task: '0_0', records: 2, bytes: 64 })
    return true
  })
})

test('a change that waits downstream keeps the ones behind it', async () => {
  const input = [
    record('a', change('1'), 0),
    record('b', change('2'), 1),
    record('c', change('3'), 20),
  ]
  const context = await run({}, input, true)

  assert.deepEqual(context.forwarded, [record('a', change('1'), 0), record('b', change('2'), 1)])
  assert.equal(context.mostInFlight, 1)
})

test('the view has the row before those that are held back, without its time, until they have come', async () => {
  const rows: ValueGetterSupplier<string, string> = {
    storeNames: ['rows'],
    create: () => ({ get: (key) => (key === 'none' ? null : valueAndTimestamp(`${key}!`, 9)) }),
  }
  const view = suppressView(rows, buffer)
  assert.deepEqual(view.storeNames, ['held', 'rows'])
  const context = new CollectingContext<string, Change<string>>({ stores: [buffer], isAsync: true })
  const getter = view.create(context)
  const processor = tableSuppress(UNBOUNDED)()
  await processor.init?.(context)

  await processor.process(record('a', change('1', '0'), 0), context)
  assert.deepEqual(getter.get('a'), valueAndTimestamp('0', -1))
  await processor.process(record('a', change('2', '1'), 5), context)
  await processor.process(record('new', change('1'), 5), context)
  assert.deepEqual(getter.get('a'), valueAndTimestamp('0', -1))
  assert.equal(getter.get('new'), null)
  assert.equal(getter.get('none'), null)
  assert.deepEqual(getter.get('other'), valueAndTimestamp('other!', 9))

  const released = processor.process(record('z', change('3'), 10), context)
  assert.equal(context.forwarded.length, 1)
  assert.deepEqual(getter.get('a'), valueAndTimestamp('0', -1))
  await released
  assert.deepEqual(getter.get('a'), valueAndTimestamp('a!', 9))
})
