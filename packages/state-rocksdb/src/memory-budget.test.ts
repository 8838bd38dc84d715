import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBudget, type MemoryShare } from './memory-budget.ts'

const MIB = 1024 * 1024

class Tasks {
  readonly budget: MemoryBudget
  readonly shares: MemoryShare[] = []
  readonly caches: number[] = []

  constructor(totalBytes: number) {
    this.budget = new MemoryBudget(totalBytes)
  }

  open(): void {
    const index = this.shares.length
    this.caches.push(0)
    this.shares.push(
      this.budget.take((bytes) => {
        this.caches[index] = bytes
      }),
    )
  }

  close(index: number): void {
    this.shares[index]?.release()
    this.caches[index] = 0
  }

  get databaseBytes(): number {
    return sum(this.shares.map((share) => share.databaseBytes))
  }

  get cacheBytes(): number {
    return sum(this.caches)
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

test('a dozen tasks stay within 256 MiB, and each has 8 MiB at least', () => {
  const tasks = new Tasks(256 * MIB)
  for (let i = 0; i < 12; i++) tasks.open()
  assert.ok(tasks.databaseBytes + tasks.cacheBytes <= 256 * MIB, String(tasks.databaseBytes / MIB))
  assert.ok(tasks.shares.every((share) => share.databaseBytes >= 8 * MIB))
})

test('tasks beyond the budget take the minimum each', () => {
  const tasks = new Tasks(16 * MIB)
  for (let i = 0; i < 10; i++) tasks.open()
  assert.equal(tasks.databaseBytes, 80 * MIB)
  assert.ok(Math.abs(tasks.cacheBytes - 4 * MIB) < 1)
})

test('the read caches share a quarter evenly, however many tasks are open', () => {
  const tasks = new Tasks(256 * MIB)
  tasks.open()
  assert.deepEqual(tasks.caches, [64 * MIB])
  tasks.open()
  assert.deepEqual(tasks.caches, [32 * MIB, 32 * MIB])
  tasks.close(0)
  assert.deepEqual(tasks.caches, [0, 64 * MIB])
})

test('a share that is given back is there for the next task, once', () => {
  const tasks = new Tasks(256 * MIB)
  tasks.open()
  tasks.close(0)
  tasks.close(0)
  tasks.open()
  assert.equal(tasks.shares[1]?.databaseBytes, tasks.shares[0]?.databaseBytes)
  tasks.open()
  assert.ok((tasks.shares[2]?.databaseBytes ?? 0) < (tasks.shares[1]?.databaseBytes ?? 0))
})
