import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
import { streamAggregate } from './stream-aggregate.ts'
import { streamReduce } from './stream-reduce.ts'

type Text = string | null

const store = stores.timestampedKeyValue<Text, string>('s', {
  key: serdes.nullable(serdes.string),
  value: serdes.string,
})

const aggregate = (sendOldValues: boolean) =>
  streamAggregate<Text, Text, string>({
    init: () => '0',
    add: (_key, value, before) => (value === 'x' ? null : before + String(value)),
    store,
    sendOldValues,
  })

const reduce = (sendOldValues: boolean) =>
  streamReduce<Text, string>({
    reducer: (before, value) => (value === 'x' ? null : before + value),
    store,
    sendOldValues,
  })

describe('streamAggregate', () => {
  test('adds to what the initializer gave, then to what is stored', async () => {
    const input = [record('a', '1', 10), record('b', '2', 20), record('a', '3', 30)]
    const { context } = await runProcessor(aggregate(false), input, { stores: [store] })

    assert.deepEqual(context.forwarded, [
      record('a', new Change('01', null), 10),
      record('b', new Change('02', null), 20),
      record('a', new Change('013', null), 30),
    ])
  })

  test('gives the larger of the stored timestamp and the record’s', async () => {
    const input = [record('a', '1', 10), record('a', '2', 5)]
    const { context } = await runProcessor(aggregate(false), input, { stores: [store] })

    assert.deepEqual(context.forwarded[1], record('a', new Change('012', null), 10))
  })

  test('drops null keys and values, and counts why', async () => {
    const input = [record<Text, Text>(null, '1'), record('a', null), record(null, null)]
    const { context } = await runProcessor(aggregate(false), input, { stores: [store] })

    assert.deepEqual(context.forwarded, [])
    assert.deepEqual(context.dropped, ['null-key', 'null-value', 'null-key'])
  })

  test('deletes the row for a null, and begins again from the initializer and a new timestamp', async () => {
    const input = [record('a', '1', 10), record('a', 'x', 5), record('a', '2', 4)]
    const { context } = await runProcessor(aggregate(true), input, { stores: [store] })

    assert.deepEqual(context.forwarded.slice(1), [
      record('a', new Change(null, '01'), 10),
      record('a', new Change('02', '0'), 4),
    ])
  })

  test('sends what the initializer gave as the old value of a new row', async () => {
    const { context } = await runProcessor(aggregate(true), [record('a', '1')], { stores: [store] })

    assert.deepEqual(context.forwarded, [record('a', new Change('01', '0'))])
  })

  test('forwards and stores the headers of the record', async () => {
    const headers = [{ key: 'h', value: Buffer.from('1') }]
    const input = [record('a', '1', 1, headers), record('a', '2', 2)]
    const first = await runProcessor(aggregate(false), input.slice(0, 1), { stores: [store] })
    const { context } = await runProcessor(aggregate(false), input, { stores: [store] })

    assert.deepEqual(first.context.getStateStore(store).get('a')?.headers, headers)
    assert.deepEqual(context.forwarded.map((out) => out.headers), [headers, []]) // prettier-ignore
    assert.deepEqual(context.getStateStore(store).get('a')?.headers, [])
  })
})

describe('streamReduce', () => {
  test('keeps the first value as it is and reduces the next', async () => {
    const input = [record('a', '1', 10), record('a', '2', 5)]
    const { context } = await runProcessor(reduce(true), input, { stores: [store] })

    assert.deepEqual(context.forwarded, [
      record('a', new Change('1', null), 10),
      record('a', new Change('12', '1'), 10),
    ])
  })

  test('deletes the row for a null', async () => {
    const input = [record('a', '1'), record('a', 'x'), record('a', '2')]
    const { context } = await runProcessor(reduce(false), input, { stores: [store] })

    assert.deepEqual(context.forwarded.map((out) => out.value.newValue), ['1', null, '2']) // prettier-ignore
  })

  test('drops null keys and values, and counts why', async () => {
    const { context } = await runProcessor(reduce(false), [record(null, '1')], { stores: [store] })

    assert.deepEqual(context.dropped, ['null-key'])
  })
})
