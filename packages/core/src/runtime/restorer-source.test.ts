import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToMapKey } from '../base/bytes.ts'
import { at, contents, type Log, LogReader, restoring } from './restorer.testkit.ts'

test('of the topic of a source a store gets what is committed, and nothing that is to be processed', async () => {
  const records = [['a', '1'], ['b', '1'], undefined, ['a', '2'], ['c', '1']] as const
  const log = { start: 0, records: [...records], stableEnd: 5 }
  const { restorer, request, state, untilChange } = await restoring(log, new LogReader(log, 4))
  await restorer.start('0_0', [{ ...request, limit: 3 }])
  await untilChange()
  assert.deepEqual(restorer.takeDone(), ['0_0'])
  assert.deepEqual(contents(state), { a: '1', b: '1' })
  assert.deepEqual(state.position('counts'), at(3))
})

test('a store that is at the committed offset of its source has nothing to restore', async () => {
  const log: Log = {
    start: 0,
    records: [
      ['a', '1'],
      ['a', '2'],
    ],
    stableEnd: 2,
  }
  const { restorer, reader, request, state } = await restoring(log)
  await state.apply([], new Map([['counts', at(1)]]))
  await restorer.start('0_0', [{ ...request, limit: 1 }])
  assert.equal(restorer.isDone('0_0'), true)
  assert.deepEqual(reader.reads, [])
})

test('a store that is ahead of the committed offset of its source is built anew', async () => {
  const log: Log = {
    start: 0,
    records: [
      ['a', '1'],
      ['a', '2'],
      ['b', '1'],
    ],
    stableEnd: 3,
  }
  const { restorer, request, state, untilChange } = await restoring(log)
  const write = { key: Buffer.from('b'), mapKey: bytesToMapKey(Buffer.from('b')) }
  await state.apply(
    [{ store: 'counts', writes: [{ ...write, value: Buffer.from('1') }] }],
    new Map([['counts', at(3)]]),
  )
  await restorer.start('0_0', [{ ...request, limit: 1 }])
  await untilChange()
  assert.deepEqual(contents(state), { a: '1' })
  assert.deepEqual(state.position('counts'), at(1))
})

test('without a committed offset nothing of a source is restored, wherever its log begins', async () => {
  const log: Log = {
    start: 1,
    records: [
      ['a', '1'],
      ['a', '2'],
    ],
    stableEnd: 2,
  }
  const { restorer, request, state } = await restoring(log)
  for (const life of ['first', 'second']) {
    await restorer.start('0_0', [{ ...request, limit: 0 }])
    assert.deepEqual(restorer.takeDone(), ['0_0'], life)
    assert.deepEqual(state.position('counts'), at(1))
  }
})
