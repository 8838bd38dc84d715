import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

test('what is in a topic is in the target, in order, and the group follows', async () => {
  const bed = new SinkBed()
  bed.topic('in', 3)
  for (const partition of [0, 1, 2]) bed.give('in', numbers(0, 2500), partition)
  const { app, states } = await bed.started()
  await bed.until(() => bed.target.all().length >= 7500)
  bed.give('in', numbers(2500, 2600), 1)
  await bed.until(() => bed.target.all().length >= 7600)
  await bed.settle(app.close())

  assert.deepEqual(bed.target.values('in', 0), numbers(0, 2500))
  assert.deepEqual(bed.target.values('in', 1), numbers(0, 2600))
  assert.deepEqual(
    [0, 1, 2].map((partition) => bed.committed('out', 'in', partition)),
    [2500, 2600, 2500],
  )
  assert.deepEqual(states, ['rebalancing', 'running', 'closing', 'closed'])
  assert.deepEqual([bed.target.opened, bed.target.closedWriters, bed.target.closed], [1, 3, 1])
})
