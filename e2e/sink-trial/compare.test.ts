import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareArrivals, compareLatest } from './compare.ts'
import { recordOf } from './records.ts'

const ALL = [0, 1, 2, 5000, 5001].map(recordOf)

test('what arrived as it was fed has no problem', () => {
  assert.deepEqual(compareArrivals(ALL, ALL, { ordered: true }), {
    lost: 0,
    duplicated: 0,
    problems: [],
  })
  assert.deepEqual(compareLatest(ALL, [2, 5000, 5001].map(recordOf)), [])
})

test('a lost, a repeated, a changed and an unknown record are found', () => {
  const arrived = [
    recordOf(0),
    recordOf(1),
    recordOf(1),
    { ...recordOf(5000), text: '' },
    recordOf(9),
  ]
  assert.deepEqual(compareArrivals(ALL, arrived, { ordered: true }), {
    lost: 2,
    duplicated: 1,
    problems: [
      '5000 has another content',
      '9 was not committed, and is there',
      '2 lost: 2 5001',
      '1 duplicated: 1',
    ],
  })
})

test('a record that came before an older one of its key is found where order counts', () => {
  const arrived = [5000, 0, 1, 5001, 2].map(recordOf)
  assert.deepEqual(compareArrivals(ALL, arrived, { ordered: true }).problems, [
    '0 of k0 came out of order',
  ])
  assert.deepEqual(compareArrivals(ALL, arrived, { ordered: false }).problems, [])
})

test('a row that is not of the latest record, and one that is missing, are found', () => {
  assert.deepEqual(compareLatest(ALL, [recordOf(0), recordOf(2), { ...recordOf(7), key: 'x' }]), [
    'latest: k0 is at 0, and should be at 5000',
    'latest: x is at 7, and should be at undefined',
    'latest: k1 is not there',
  ])
})
