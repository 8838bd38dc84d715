import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hopping, tumbling } from '../../time/time-windows.ts'
import { unlimited } from '../../time/unlimited-windows.ts'
import { WindowBed } from './windows.testkit.ts'

const TUMBLING = tumbling(10, { grace: 0 })
const HOPPING = hopping(10, { advance: 5, grace: 0 })

describe('windowAggregate', () => {
  test('adds a record to its window, whose bounds are [start, end)', async () => {
    const bed = new WindowBed({ windows: TUMBLING })
    assert.deepEqual(await bed.add('a', '1', 0), ['a@0/10 1 @0'])
    assert.deepEqual(await bed.add('a', '2', 9), ['a@0/10 12 @9'])
    assert.deepEqual(await bed.add('b', '3', 9), ['b@0/10 3 @9'])
    assert.deepEqual(await bed.add('a', '4', 10), ['a@10/20 4 @10'])
  })

  test('changes all windows around a record, the earliest first', async () => {
    const bed = new WindowBed({ windows: HOPPING })
    assert.deepEqual(await bed.add('a', '1', 3), ['a@0/10 1 @3'])
    assert.deepEqual(await bed.add('a', '2', 7), ['a@0/10 12 @7', 'a@5/15 2 @7'])
  })

  test('gives the larger of the stored timestamp and the record’s', async () => {
    const bed = new WindowBed({ windows: TUMBLING })
    await bed.add('a', '1', 8)
    assert.deepEqual(await bed.add('a', '2', 4), ['a@0/10 12 @8'])
  })

  test('drops a record for each window that has closed, and counts that', async () => {
    const bed = new WindowBed({ windows: hopping(10, { advance: 5, grace: 2 }) })
    await bed.add('b', '1', 12)
    assert.deepEqual(await bed.add('a', '2', 9), ['a@5/15 2 @9'])
    assert.deepEqual(bed.context.dropped, ['late'])
    await bed.add('b', '3', 17)
    assert.deepEqual(await bed.add('a', '4', 9), [])
    assert.deepEqual(bed.context.dropped, ['late', 'late', 'late'])
  })

  test('gives a null value to the aggregator, and drops a null key, which moves no time', async () => {
    const bed = new WindowBed({ windows: TUMBLING })
    assert.deepEqual(await bed.add('a', null, 5), ['a@0/10 null @5'])
    assert.deepEqual(await bed.add(null, '1', 100), [])
    assert.deepEqual(bed.context.dropped, ['null-key'])
    assert.deepEqual(await bed.add('a', '2', 6), ['a@0/10 null2 @6'])
  })

  test('deletes a window with null, and begins anew', async () => {
    const bed = new WindowBed({ windows: TUMBLING, sendOldValues: true })
    assert.deepEqual(await bed.add('a', '1', 5), ['a@0/10 1< @5'])
    assert.deepEqual(await bed.add('a', 'x', 6), ['a@0/10 null<1 @6'])
    assert.deepEqual(await bed.add('a', '2', 4), ['a@0/10 2< @4'])
  })

  test('keeps one window without an end, from its start on', async () => {
    const bed = new WindowBed({ windows: unlimited({ start: 100 }) })
    assert.deepEqual(await bed.add('a', '1', 99), [])
    assert.deepEqual(bed.context.dropped, ['before-window-start'])
    assert.deepEqual(await bed.add('a', '2', 100), ['a@100/Infinity 2 @100'])
    assert.deepEqual(await bed.add('a', '3', 7_000_000_000_000), [
      'a@100/Infinity 23 @7000000000000',
    ])
    assert.deepEqual(await bed.add('a', '4', 100), ['a@100/Infinity 234 @7000000000000'])
  })

  test('is never ahead of a processor downstream that is asynchronous', async () => {
    const bed = new WindowBed({ windows: HOPPING, isAsync: true })
    assert.deepEqual(await bed.add('a', '1', 7), ['a@0/10 1 @7', 'a@5/15 1 @7'])
    assert.equal(bed.context.mostInFlight, 1)
  })
})

describe('windowAggregate that sends what has closed', () => {
  const closing = (retention = 1000, isAsync = false): WindowBed =>
    new WindowBed({ windows: tumbling(10, { grace: 5 }), emitsFinal: true, retention, isAsync })

  test('sends a window once, when its grace is over, in the order of time and of keys', async () => {
    const bed = closing()
    for (const [key, at] of [
      ['b', 1],
      ['a', 2],
      ['c', 12],
      ['b', 3],
    ] as const) {
      assert.deepEqual(await bed.add(key, '1', at), [])
    }
    assert.deepEqual(await bed.add('a', '2', 14), [])
    assert.deepEqual(await bed.add('a', '3', 15), ['a@0/10 1 @2', 'b@0/10 11 @3'])
    assert.deepEqual(await bed.add('a', '4', 24), [])
    assert.deepEqual(await bed.add('a', '5', 25), ['a@10/20 23 @15', 'c@10/20 1 @12'])
  })

  test('sends a window that was deleted never', async () => {
    const bed = closing()
    await bed.add('a', '1', 1)
    await bed.add('a', 'x', 2)
    assert.deepEqual(await bed.add('b', '1', 30), [])
  })

  test('looks for what has closed once in an interval of the clock', async () => {
    const often = { emitsFinal: true, retention: 1000, emitIntervalMs: 1000 }
    const bed = new WindowBed({ windows: TUMBLING, ...often })
    await bed.add('a', '1', 1)
    assert.deepEqual(await bed.add('a', '2', 10), [])
    bed.context.currentSystemTimeMs = 999
    assert.deepEqual(await bed.add('a', '3', 20), [])
    bed.context.currentSystemTimeMs = 1000
    assert.deepEqual(await bed.add('a', '4', 20), ['a@0/10 1 @1', 'a@10/20 2 @10'])
  })

  test('notes until when it has sent', async () => {
    const bed = closing()
    await bed.add('a', '1', 1)
    assert.equal(bed.context.operatorTime('s').ms, -1)
    await bed.add('a', '2', 15)
    assert.equal(bed.context.operatorTime('s').ms, 10)
    await bed.add('a', '3', 24)
    assert.equal(bed.context.operatorTime('s').ms, 10)
  })

  test('is never ahead of a processor downstream that is asynchronous', async () => {
    const bed = closing(1000, true)
    await bed.add('a', '1', 1)
    await bed.add('b', '2', 1)
    assert.deepEqual(await bed.add('a', '3', 50), ['a@0/10 1 @1', 'b@0/10 2 @1'])
    assert.equal(bed.context.mostInFlight, 1)
  })

  test('loses a window that has expired when it closes, as Kafka Streams without a cache', async () => {
    const bed = new WindowBed({ windows: TUMBLING, emitsFinal: true })
    await bed.add('a', '1', 1)
    assert.deepEqual(await bed.add('a', '2', 500_000), [])
  })
})
