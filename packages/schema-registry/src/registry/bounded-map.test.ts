import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('a map that is full forgets what was put in first', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)

  assert.equal(map.size, 2)
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [undefined, 2, 4])
  map.delete('b')
  map.set('d', 5)
  assert.deepEqual([map.get('c'), map.get('d')], [4, 5])
})
