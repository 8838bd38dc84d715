import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/trial'
import { judgeTable, together } from './judge-tables.ts'
import { randomCustomers, randomOrders } from './random-orders.ts'
import { recount } from './recount.ts'

const EXPECTED = new Map([
  ['order-1', 'Ann | paid'],
  ['order-2', 'Bob | placed'],
])
const RIGHT = [...EXPECTED]

test('a table that is right has no differences, in whatever order its rows come', () => {
  const none = { lost: 0, duplicated: 0, differences: [] }
  assert.deepEqual(judgeTable('t', EXPECTED, RIGHT), none)
  assert.deepEqual(judgeTable('t', EXPECTED, [...RIGHT].reverse()), none)
})

test('a row that is missing is lost, and so is one that lacks its last change', () => {
  assert.deepEqual(judgeTable('t', EXPECTED, [['order-1', 'Ann | placed']]), {
    lost: 2,
    duplicated: 0,
    differences: [
      'lost: t must have order-1 as Ann | paid, and has Ann | placed',
      'lost: t must have order-2 as Bob | placed',
    ],
  })
})

test('a row that is there more than once is duplicated, and so is one that must not be there', () => {
  const found = [
    ...RIGHT,
    ...RIGHT,
    ['order-2', 'Bob | placed'],
    ['order-9', 'Eve | paid'],
  ] as const
  assert.deepEqual(judgeTable('t', EXPECTED, found), {
    lost: 0,
    duplicated: 4,
    differences: [
      'duplicated: t has order-1, 1 too many',
      'duplicated: t has order-2, 2 too many',
      'duplicated: t has order-9, 1 too many',
    ],
  })
})

test('differences of both tables are told together', () => {
  const one = judgeTable('a', EXPECTED, [])
  const sum = together(one, judgeTable('b', EXPECTED, [...RIGHT, ...RIGHT]))
  assert.deepEqual([sum.lost, sum.duplicated, sum.differences.length], [2, 2, 4])
})

test('the recount takes the last customer, the last change, and no order that was cancelled', () => {
  const customer = { customerId: 'c', name: 'Ann' }
  const order = { orderId: 'o', customerId: 'c', amount: '1.00', placedAt: 't' }
  const { orders, history } = recount(
    [
      { ...customer, country: 'AT' },
      { ...customer, country: 'FR' },
    ],
    [
      { ...order, revision: 1, status: 'placed' },
      { ...order, revision: 2, status: 'paid' },
      { ...order, orderId: 'x', revision: 1, status: 'placed' },
      { ...order, orderId: 'x', revision: 2, status: 'cancelled' },
    ],
  )
  assert.deepEqual([...orders], [['o', 'c | Ann | FR | paid | 1.00 | t | 2']])
  assert.deepEqual([...history.keys()], ['o 1', 'o 2', 'x 1', 'x 2'])
})

test('random orders have changes of others between their own, and each of them once', () => {
  const random = seededRandom(1)
  const customers = randomCustomers(random)
  const changes = randomOrders(20_000, Date.UTC(2026, 0, 1), random)
  const { orders, history } = recount(customers, changes)
  assert.equal(history.size, 20_000)
  assert.ok(orders.size > 3000 && orders.size < 8000, `${orders.size} orders`)
  assert.ok(customers.length > 550, `${customers.length} records of customers`)
})
