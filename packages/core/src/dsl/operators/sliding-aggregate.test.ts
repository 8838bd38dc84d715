import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sliding } from '../../time/sliding-windows.ts'
import { WindowBed } from './windows.testkit.ts'

const TEN = sliding(10, { grace: 100 })

describe('slidingAggregate', () => {
  test('has a window that ends with a record, both ends included', async () => {
    const bed = new WindowBed({ windows: TEN })
    assert.deepEqual(await bed.add('a', '1', 100), ['a@90/100 1 @100'])
  })

  test('has one behind a record when another one follows within the difference', async () => {
    const bed = new WindowBed({ windows: TEN })
    await bed.add('a', '1', 100)
    assert.deepEqual(await bed.add('a', '2', 110), ['a@101/111 2 @110', 'a@100/110 12 @110'])
  })

  test('sends a window twice that is behind one record and ends with another, as Kafka Streams', async () => {
    const bed = new WindowBed({ windows: TEN })
    await bed.add('a', '1', 100)
    await bed.add('a', '2', 110)
    assert.deepEqual(await bed.add('a', '3', 121), ['a@111/121 3 @121', 'a@111/121 3 @121'])
  })

  test('adds a record of a time that was there to the same windows', async () => {
    const bed = new WindowBed({ windows: TEN })
    await bed.add('a', '1', 100)
    assert.deepEqual(await bed.add('a', '2', 100), ['a@90/100 12 @100'])
  })

  test('brings a record out of order into the windows around it, the latest first', async () => {
    const bed = new WindowBed({ windows: TEN })
    await bed.add('a', '1', 100)
    await bed.add('a', '2', 108)
    assert.deepEqual(bed.rows(), ['a@101 2 @108', 'a@90 1 @100', 'a@98 12 @108'])
    assert.deepEqual(await bed.add('a', '3', 104), [
      'a@101/111 23 @108',
      'a@98/108 123 @108',
      'a@94/104 13 @104',
      'a@105/115 2 @108',
    ])
  })

  test('puts what comes before the first difference into the window from 0 on', async () => {
    const bed = new WindowBed({ windows: TEN })
    assert.deepEqual(await bed.add('a', '1', 3), ['a@0/10 1 @3'])
    assert.deepEqual(await bed.add('a', '2', 7), ['a@4/14 2 @7', 'a@0/10 12 @7'])
    assert.deepEqual(await bed.add('a', '3', 5), ['a@4/14 23 @7', 'a@6/16 2 @7', 'a@0/10 123 @7'])
    assert.deepEqual(await bed.add('a', '4', 10), [
      'a@6/16 24 @10',
      'a@4/14 234 @10',
      'a@0/10 1234 @10',
      'a@8/18 4 @10',
    ])
  })

  test('drops null keys, null values, and records for windows that have closed', async () => {
    const bed = new WindowBed({ windows: sliding(10, { grace: 0 }) })
    assert.deepEqual(await bed.add(null, '1', 5000), [])
    assert.deepEqual(await bed.add('a', null, 5000), [])
    await bed.add('a', '1', 100)
    assert.deepEqual(await bed.add('a', '2', 89), [])
    assert.deepEqual(await bed.add('a', '3', 90), ['a@90/100 13 @100', 'a@91/101 1 @100'])
    assert.deepEqual(bed.context.dropped, ['null-key', 'null-value', 'late', 'late'])
  })

  test('has the old value of the window that a new one begins as, as in Kafka Streams', async () => {
    const bed = new WindowBed({ windows: TEN, sendOldValues: true })
    assert.deepEqual(await bed.add('a', '1', 100), ['a@90/100 1< @100'])
    assert.deepEqual(await bed.add('a', '2', 105), ['a@101/111 2< @105', 'a@95/105 12<1 @105'])
  })

  test('is never ahead of a processor downstream that is asynchronous', async () => {
    const bed = new WindowBed({ windows: TEN, isAsync: true })
    await bed.add('a', '1', 100)
    assert.deepEqual(await bed.add('a', '2', 110), ['a@101/111 2 @110', 'a@100/110 12 @110'])
    assert.equal(bed.context.mostInFlight, 1)
  })
})

describe('slidingAggregate that sends what has closed', () => {
  test('sends a window when event time is beyond its end by more than the grace', async () => {
    const bed = new WindowBed({
      windows: sliding(10, { grace: 5 }),
      emitsFinal: true,
      retention: 1000,
    })
    await bed.add('a', '1', 100)
    await bed.add('b', '2', 101)
    assert.deepEqual(await bed.add('a', '3', 105), [])
    assert.deepEqual(await bed.add('a', '4', 106), ['a@90/100 1 @100'])
    assert.deepEqual(await bed.add('a', '5', 112), [
      'b@91/101 2 @101',
      'a@95/105 13 @105',
      'a@96/106 134 @106',
    ])
  })

  test('sends nothing with a record before the first difference', async () => {
    const bed = new WindowBed({
      windows: sliding(10, { grace: 0 }),
      emitsFinal: true,
      retention: 1000,
    })
    await bed.add('a', '1', 2)
    assert.deepEqual(await bed.add('a', '2', 9), [])
    assert.deepEqual(await bed.add('b', '3', 11), ['a@0/10 12 @9'])
  })
})
