import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type CollectingContext,
  CollectingContext as Context,
  record,
  runProcessor,
} from '../../processor/collect.testkit.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import type { Headers } from '../../record/headers.ts'
import { serdes } from '../../serde/serdes.ts'
import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import { stores } from '../../state/stores.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { joinView, type TableJoinSideParts, tableJoinSide } from './table-join.ts'
import { tableJoinMerge } from './table-join-merge.ts'

type Text = string | null
type Rows = Readonly<Record<string, ValueAndTimestamp<string>>>
type Sides = Pick<
  TableJoinSideParts<Text, string, string, string>,
  'isOwnRequired' | 'isOtherRequired'
>

const change = (after: Text, before: Text = null): Change<string> => new Change(after, before)
const joiner = (left: Text, right: Text): Text => `${left}+${right}`
const header: Headers = [{ key: 'h', value: null }]

const getter = (rows: Rows, storeNames = ['rows']): ValueGetterSupplier<Text, string> => ({
  storeNames,
  create: () => ({ get: (key) => rows[key ?? ''] ?? null }),
})

async function run(
  sides: Sides,
  inputs: readonly [key: Text, change: Change<string>][],
  { sendOldValues = true, isVersioned = false, isAsync = false } = {},
): Promise<CollectingContext<Text, Change<string>>> {
  const other = getter({ b: valueAndTimestamp('x', 20) })
  const side = tableJoinSide({ ...sides, other, joiner, sendOldValues, isVersioned })
  const records = inputs.map(([key, value]) => record(key, value, 10, header))
  return (await runProcessor(side, records, { isAsync })).context
}

const out = (key: string, value: Change<string>): unknown =>
  record(key, value, key === 'b' ? 20 : 10, header) // `b` has a row on the other side, from 20

const each: readonly [Text, Change<string>][] = [
  ['a', change('1')],
  ['a', change('2', '1')],
  ['a', change(null, '2')],
  ['a', change(null)],
  ['b', change('1')],
  ['b', change('2', '1')],
  ['b', change(null, '2')],
  ['b', change(null)],
]

describe('a side of a join of tables', () => {
  test('inner: forwards nothing without a row on the other side, else a tombstone for what goes', async () => {
    const { forwarded } = await run({ isOwnRequired: true, isOtherRequired: true }, each)

    assert.deepEqual(forwarded, [
      out('b', change('1+x')),
      out('b', change('2+x', '1+x')),
      out('b', change(null, '2+x')),
      out('b', change(null)),
    ])
  })

  test('left, of the left: forwards all but a change from no row to no row', async () => {
    const { forwarded } = await run({ isOwnRequired: true, isOtherRequired: false }, each)

    assert.deepEqual(forwarded, [
      out('a', change('1+null')),
      out('a', change('2+null', '1+null')),
      out('a', change(null, '2+null')),
      out('b', change('1+x')),
      out('b', change('2+x', '1+x')),
      out('b', change(null, '2+x')),
      out('b', change(null)),
    ])
  })

  test('left, of the right: joins null with the row on the left', async () => {
    const { forwarded } = await run({ isOwnRequired: false, isOtherRequired: true }, each)

    assert.deepEqual(forwarded, [
      out('b', change('1+x', 'null+x')),
      out('b', change('2+x', '1+x')),
      out('b', change('null+x', '2+x')),
      out('b', change('null+x', 'null+x')),
    ])
  })

  test('outer: joins whatever there is', async () => {
    const { forwarded } = await run({ isOwnRequired: false, isOtherRequired: false }, each)

    assert.deepEqual(forwarded, [
      out('a', change('1+null')),
      out('a', change('2+null', '1+null')),
      out('a', change(null, '2+null')),
      out('b', change('1+x', 'null+x')),
      out('b', change('2+x', '1+x')),
      out('b', change('null+x', '2+x')),
      out('b', change('null+x', 'null+x')),
    ])
  })

  test('joins no old values when nobody asked for them', async () => {
    const sides = { isOwnRequired: true, isOtherRequired: true }
    const { forwarded } = await run(sides, [['b', change('2', '1')]], { sendOldValues: false })

    assert.deepEqual(forwarded, [out('b', change('2+x'))])
  })

  test('drops and counts a null key', async () => {
    const sides = { isOwnRequired: false, isOtherRequired: false }
    const { forwarded, dropped } = await run(sides, [[null, change('1')]])

    assert.deepEqual([forwarded, dropped], [[], ['null-key']])
  })

  test('drops an update that is not the latest of a versioned side, and only of such a one', async () => {
    const sides = { isOwnRequired: true, isOtherRequired: true }
    const older = new Change('1', null, false)
    const versioned = await run(sides, [['b', older]], { isVersioned: true })
    const plain = await run(sides, [['b', older]])

    assert.deepEqual([versioned.forwarded, versioned.dropped], [[], ['out-of-order-version']])
    assert.deepEqual(plain.forwarded, [out('b', new Change('1+x', null, false))])
  })

  test('waits for what is downstream', async () => {
    const sides = { isOwnRequired: true, isOtherRequired: true }
    const { mostInFlight } = await run(sides, each, { isAsync: true })

    assert.equal(mostInFlight, 1)
  })

  test('lets an exception of the joiner through', async () => {
    const boom = new Error('boom')
    const failing = tableJoinSide({
      other: getter({ b: valueAndTimestamp('x', 20) }),
      joiner: () => {
        throw boom
      },
      isOwnRequired: true,
      isOtherRequired: true,
      sendOldValues: false,
      isVersioned: false,
    })

    await assert.rejects(() => runProcessor(failing, [record('b', change('1'))]), boom)
  })
})

describe('the view of a join of tables', () => {
  const lefts = { l: valueAndTimestamp('1', 5), both: valueAndTimestamp('2', 5, header) }
  const rights = { r: valueAndTimestamp('x', 7), both: valueAndTimestamp('y', 7) }
  const view = (left: boolean, right: boolean): Record<string, unknown> => {
    const required = { left, right }
    const supplier = joinView(getter(lefts, ['a', 'c']), getter(rights, ['b', 'c']), {
      joiner,
      required,
    })
    assert.deepEqual(supplier.storeNames, ['a', 'c', 'b'])
    const rows = supplier.create(new Context({}))
    return Object.fromEntries(['l', 'r', 'both', 'none'].map((key) => [key, rows.get(key)]))
  }
  const both = valueAndTimestamp('2+y', 7)
  const left = valueAndTimestamp('1+null', 5)
  const right = valueAndTimestamp('null+x', 7)

  test('has the rows that the join has, with the later timestamp', () => {
    assert.deepEqual(view(true, true), { l: null, r: null, both, none: null })
    assert.deepEqual(view(true, false), { l: left, r: null, both, none: null })
    assert.deepEqual(view(false, false), { l: left, r: right, both, none: null })
  })

  test('has no row where the joiner gives null', () => {
    const required = { left: true, right: true }
    const supplier = joinView(getter(lefts), getter(rights), { joiner: () => null, required })

    assert.equal(supplier.create(new Context({})).get('both'), null)
  })
})

test('a merge without a store forwards changes as they are', async () => {
  const merge = tableJoinMerge<string, string>({ store: undefined, sendOldValues: true })
  const inputs = [record('a', change('1', '0'), 5, header)]

  assert.deepEqual((await runProcessor(merge, inputs)).context.forwarded, inputs)
})

test('a merge with a store keeps the rows, and takes old values from the changes', async () => {
  const store = stores.timestampedKeyValue('rows', { key: serdes.string, value: serdes.string })
  const merge = tableJoinMerge<string, string>({ store, sendOldValues: true })
  const inputs = [record('a', change('1', '0'), 5, header), record('b', change(null, '3'), 6)]
  const { context } = await runProcessor(merge, inputs, { stores: [store] })

  assert.deepEqual(context.forwarded, inputs)
  assert.deepEqual(
    [...context.getStateStore(store).all()],
    [['a', valueAndTimestamp('1', 5, header)]],
  )
})
