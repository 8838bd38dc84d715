import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laneOfKey, Lanes } from './lanes.ts'

test('jobs of a lane run one after the other, lanes beside each other', async () => {
  const lanes = new Lanes()
  const log: string[] = []
  const open: (() => void)[] = []
  const job = (name: string) => async (): Promise<void> => {
    log.push(`${name} begins`)
    await new Promise<void>((resolve) => open.push(resolve))
    log.push(`${name} ends`)
  }
  const all = [lanes.run('a', job('a1')), lanes.run('a', job('a2')), lanes.run('b', job('b1'))]
  assert.deepEqual(log, ['a1 begins', 'b1 begins'])
  while (log.length < 6) {
    open.shift()?.()
    await new Promise(setImmediate)
  }
  await Promise.all(all)
  assert.deepEqual(log, ['a1 begins', 'b1 begins', 'a1 ends', 'a2 begins', 'b1 ends', 'a2 ends'])
})

test('jobs without a lane run at once', () => {
  const lanes = new Lanes()
  let begun = 0
  const never = async (): Promise<void> => {
    begun++
    await new Promise(() => undefined)
  }
  void lanes.run(undefined, never)
  void lanes.run(undefined, never)
  assert.equal(begun, 2)
})

test('keys that are equal have the same lane', () => {
  const same: readonly (readonly [unknown, unknown])[] = [
    ['a', 'a'],
    [1, 1],
    [5n, 5n],
    [Uint8Array.of(200, 1), Buffer.from([200, 1])],
    [{ id: 1 }, { id: 1 }],
    [
      { key: 'k', window: { startMs: 1n } },
      { key: 'k', window: { startMs: 1n } },
    ],
  ]
  for (const [one, other] of same) assert.equal(laneOfKey(one), laneOfKey(other))
  assert.notEqual(laneOfKey({ id: 1 }), laneOfKey({ id: 2 }))
  assert.notEqual(laneOfKey(Uint8Array.of(1)), laneOfKey(Uint8Array.of(2)))
  assert.equal(laneOfKey(''), '')
})

test('no key has no lane', () => {
  assert.deepEqual([laneOfKey(null), laneOfKey(undefined)], [undefined, undefined])
})
