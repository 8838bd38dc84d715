import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectingContext, record, runProcessor } from '../../processor/collect.testkit.ts'
import type { ProcessingContext } from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import {
  tableTransformValues,
  transformValuesView,
  type ValueTransformer,
} from './table-transform-values.ts'

const kept = stores.timestampedKeyValue('kept', { key: serdes.string, value: serdes.string })
const seen = stores.keyValue('seen', { key: serdes.string, value: serdes.long })
const change = (after: number | null, before: number | null = null): Change<number> =>
  new Change(after, before)

const show = (): ValueTransformer<string, number, string> => ({
  transform: (value, key) => (value === 3 ? null : `${key}${value}`),
})

/** Counts the calls for each key in a store. */
function counting(): ValueTransformer<string, number, number> {
  let context: ProcessingContext
  return {
    init(given) {
      context = given
    },
    transform(_value, key) {
      const store = context.getStateStore(seen)
      const count = (store.get(key) ?? 0) + 1
      store.put(key, count)
      return count
    },
  }
}

test('each change is transformed, deleted rows too, and old values where they are asked for', async () => {
  const parts = { supplier: show, store: undefined }
  const inputs = [
    record('a', change(1), 5),
    record('a', change(3, 1)),
    record('a', change(null, 3)),
  ]
  const plain = await runProcessor(tableTransformValues({ ...parts, sendOldValues: false }), inputs)
  const old = await runProcessor(tableTransformValues({ ...parts, sendOldValues: true }), inputs)

  assert.deepEqual(plain.context.forwarded, [
    record('a', new Change('a1', null), 5),
    record('a', new Change(null, null)),
    record('a', new Change('anull', null)),
  ])
  assert.deepEqual(old.context.forwarded, [
    record('a', new Change('a1', 'anull'), 5),
    record('a', new Change(null, 'a1')),
    record('a', new Change('anull', null)),
  ])
})

test('a stored result is asked for once a change, and old values are those of its store', async () => {
  const transform = tableTransformValues<string, number, string>({
    supplier: () => {
      const transformer = counting()
      return {
        init: (context) => transformer.init?.(context),
        transform: (value, key) => String(transformer.transform(value, key)),
      }
    },
    store: kept,
    sendOldValues: true,
  })
  const inputs = [record('a', change(1)), record('a', change(2, 1)), record('b', change(null))]
  const { context } = await runProcessor(transform, inputs, { stores: [kept, seen] })

  assert.deepEqual(
    context.forwarded.map(({ value }) => value),
    [new Change('1', null), new Change('2', '1'), new Change('1', null)],
  )
  assert.equal(context.getStateStore(kept).get('a')?.value, '2')
})

test('the view transforms the row that there is, or that there is none', () => {
  const rows: ValueGetterSupplier<string, number> = {
    storeNames: ['rows', 'seen'],
    create: () => ({
      isVersioned: true,
      get(key, asOfMs = 9) {
        return key === 'a' ? valueAndTimestamp(asOfMs, 7, [{ key: 'h', value: null }]) : null
      },
    }),
  }
  const view = transformValuesView(rows, show, ['seen', 'more'])
  const getter = view.create(new CollectingContext({}))

  assert.deepEqual(view.storeNames, ['rows', 'seen', 'more'])
  assert.equal(getter.isVersioned, true)
  assert.deepEqual(getter.get('a'), valueAndTimestamp('a9', 7, [{ key: 'h', value: null }]))
  assert.equal(getter.get('a', 3), null)
  assert.deepEqual(getter.get('b'), valueAndTimestamp('bnull', -1))
})

test('the transformer of a view has the stores, and no record', () => {
  const metadata: unknown[] = []
  const rows: ValueGetterSupplier<string, number> = {
    storeNames: [],
    create: () => ({ get: () => null }),
  }
  const supplier = (): ValueTransformer<string, number, number> => {
    const transformer = counting()
    let context: ProcessingContext
    return {
      init(given) {
        context = given
        transformer.init?.(given)
      },
      transform(value, key) {
        metadata.push([context.recordMetadata, context.currentStreamTimeMs, context.taskId])
        return transformer.transform(value, key)
      },
    }
  }
  const context = new CollectingContext({ stores: [seen] })
  const getter = transformValuesView(rows, supplier, ['seen']).create(context)
  context.currentStreamTimeMs = 12

  assert.deepEqual([getter.get('a')?.value, getter.get('a')?.value], [1, 2])
  assert.deepEqual(metadata, [
    [undefined, 12, '0_0'],
    [undefined, 12, '0_0'],
  ])
})

test('a transformer is closed with its operator', async () => {
  let closed = 0
  const supplier = (): ValueTransformer<string, number, number> => ({
    transform: (value) => value,
    close() {
      closed++
    },
  })
  await runProcessor(tableTransformValues({ supplier, store: undefined, sendOldValues: false }), [])

  assert.equal(closed, 1)
})
