import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
import { tableAggregate } from './table-aggregate.ts'
import { tableGroupBy } from './table-group-by.ts'
import { tableReduce } from './table-reduce.ts'

interface City {
  readonly country: string | null
  readonly people: number
}

const store = stores.timestampedKeyValue('sums', { key: serdes.string, value: serdes.string })
const taken = (value: string): Change<string> => new Change<string>(null, value)
const added = (value: string): Change<string> => new Change<string>(value, null)

describe('tableGroupBy', () => {
  const mapper = (_name: string, city: City): [string | null, number] => [city.country, city.people]
  const byCountry = tableGroupBy({ mapper, isVersioned: false })
  const lisbon: City = { country: 'pt', people: 5 }

  test('sends one record with both values when the group stays', async () => {
    const change = new Change<City>({ country: 'pt', people: 6 }, lisbon)
    const { context } = await runProcessor(byCountry, [record('lisbon', change)])

    assert.deepEqual(context.forwarded, [record('pt', new Change(6, 5))])
  })

  test('takes from the old group before it adds to the new one', async () => {
    const change = new Change<City>({ country: 'es', people: 5 }, lisbon)
    for (const isAsync of [false, true]) {
      const { context } = await runProcessor(byCountry, [record('lisbon', change)], { isAsync })

      assert.deepEqual(context.forwarded, [
        record('pt', new Change<number>(null, 5)),
        record('es', new Change<number>(5, null)),
      ])
      assert.equal(context.mostInFlight, 1)
    }
  })

  test('leaves out a half whose group is null', async () => {
    const change = new Change<City>({ country: null, people: 5 }, lisbon)
    const { context } = await runProcessor(byCountry, [record('lisbon', change)])

    assert.deepEqual(context.forwarded, [record('pt', new Change<number>(null, 5))])
  })

  test('sends nothing for a change from no row to no row', async () => {
    const { context } = await runProcessor(byCountry, [record('x', new Change<City>(null, null))])

    assert.deepEqual(context.forwarded, [])
  })

  test('leaves out an update that is not the latest of a versioned table, and only of such a one', async () => {
    const older = record('lisbon', new Change<City>(lisbon, null, false))
    const versioned = await runProcessor(tableGroupBy({ mapper, isVersioned: true }), [older])
    const plain = await runProcessor(byCountry, [older])

    assert.deepEqual(versioned.context.forwarded, [])
    assert.deepEqual(plain.context.forwarded, [record('pt', new Change<number>(5, null, false))])
  })

  test('compares groups by their content', async () => {
    const byObject = tableGroupBy({
      mapper: (_name: string, city: City) => [{ of: city.country }, city.people],
      isVersioned: false,
    })
    const change = new Change<City>({ country: 'pt', people: 6 }, lisbon)
    const { context } = await runProcessor(byObject, [record('lisbon', change)])

    assert.equal(context.forwarded.length, 1)
  })
})

describe('tableAggregate', () => {
  const aggregate = tableAggregate<string, string, string>({
    init: () => '0',
    adder: (_key, value, before) => `${before}+${value}`,
    subtractor: (_key, value, before) => (value === 'x' ? null : `${before}-${value}`),
    store,
    sendOldValues: true,
  })

  test('takes out first, then adds', async () => {
    const input = [record('g', added('1'), 10), record('g', new Change('2', '1'), 5)]
    const { context } = await runProcessor(aggregate, input, { stores: [store] })

    assert.deepEqual(context.forwarded, [
      record('g', new Change('0+1', null), 10),
      record('g', new Change('0+1-1+2', '0+1'), 10),
    ])
  })

  test('takes nothing out of a group that has no aggregate', async () => {
    const { context } = await runProcessor(aggregate, [record('g', taken('1'))], {
      stores: [store],
    })

    assert.deepEqual(context.forwarded, [record('g', new Change<string>(null, null))])
  })

  test('deletes the row for a null, and begins again from the initializer', async () => {
    const input = [record('g', added('1')), record('g', taken('x')), record('g', added('2'))]
    const { context } = await runProcessor(aggregate, input, { stores: [store] })

    assert.deepEqual(context.forwarded.map((out) => out.value.newValue), ['0+1', null, '0+2']) // prettier-ignore
  })

  test('fails for a null key', async () => {
    const failing = runProcessor<string | null, Change<string>, string, Change<string>>(
      aggregate,
      [record(null, added('1'))],
      { stores: [store] },
    )

    await assert.rejects(failing, TypeError)
  })
})

describe('tableReduce', () => {
  const reduce = tableReduce<string, string>({
    adder: (before, value) => `${before}+${value}`,
    subtractor: (before, value) => (before === value ? null : `${before}-${value}`),
    store,
    sendOldValues: false,
  })

  test('keeps the first value as it is, takes out first, then adds', async () => {
    const input = [
      record('g', added('1'), 10),
      record('g', added('2'), 5),
      record('g', taken('1'), 20),
    ]
    const { context } = await runProcessor(reduce, input, { stores: [store] })

    assert.deepEqual(context.forwarded, [
      record('g', new Change('1', null), 10),
      record('g', new Change('1+2', null), 10),
      record('g', new Change('1+2-1', null), 20),
    ])
  })

  test('deletes the row when nothing is left', async () => {
    const input = [record('g', added('1')), record('g', taken('1'))]
    const { context } = await runProcessor(reduce, input, { stores: [store] })

    assert.equal(context.forwarded[1]?.value.newValue, null)
    assert.equal(context.getStateStore(store).get('g'), null)
  })
})
