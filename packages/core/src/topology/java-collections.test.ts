import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copiedHashSetOrder, grownHashSetOrder } from './java-hash-set.ts'
import { JavaTreeSet } from './java-tree-set.ts'

const names = Array.from({ length: 13 }, (_, i) => `store-${i}`)

test('names come in the order of Java’s HashSet', () => {
  const inJava = [10, 0, 11, 1, 12, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `store-${i}`)

  assert.deepEqual(grownHashSetOrder(names), inJava)
  assert.deepEqual(copiedHashSetOrder(names), inJava)
})

test('names in one bucket keep the order of insertion', () => {
  const colliding = ['AaAa', 'BBBB', 'AaBB'] // the textbook collision of String.hashCode

  assert.deepEqual(grownHashSetOrder(colliding), colliding)
})

test('a tree gives its items in order and each once, however they were added', () => {
  let seed = 11
  const tree = new JavaTreeSet<number>((a, b) => a - b)
  const added = new Set<number>()
  for (let i = 0; i < 500; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    tree.add(seed % 300)
    added.add(seed % 300)
  }

  assert.deepEqual(
    tree.items(),
    [...added].sort((a, b) => a - b),
  )
})

test('a tree keeps the place that an item got when it was added', () => {
  const items = [{ size: 1 }, { size: 2 }, { size: 3 }]
  const tree = new JavaTreeSet<{ size: number }>((a, b) => a.size - b.size)
  for (const item of items) tree.add(item)
  for (const item of items) item.size = -item.size

  assert.deepEqual(tree.items(), items)
})
