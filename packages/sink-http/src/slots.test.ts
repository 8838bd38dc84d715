import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.ts'

const never = new AbortController().signal

test('slots are given in the order in which they were asked for', async () => {
  const slots = new Slots(1)
  const order: string[] = []
  await slots.take(never)
  const waiting = ['a', 'b'].map(async (name) => {
    await slots.take(never)
    order.push(name)
    slots.release()
  })
  slots.release()
  await Promise.all(waiting)
  assert.deepEqual(order, ['a', 'b'])
})

test('a wait that aborts takes no slot', async () => {
  const slots = new Slots(1)
  const abort = new AbortController()
  await slots.take(never)
  const waiting = slots.take(abort.signal)
  abort.abort()
  assert.equal(await waiting, false)
  assert.equal(await slots.take(abort.signal), false)
  slots.release()
  assert.equal(await slots.take(never), true)
})
