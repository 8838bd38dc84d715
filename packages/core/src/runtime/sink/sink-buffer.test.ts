import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicPartition } from '../../record/topic-partition.ts'
import { SinkBuffer } from './sink-buffer.ts'

interface Waiting extends TopicPartition {
  waitingBytes: number
  hasCompleteBatches: boolean
}

const waiting = (partition: number, waitingBytes = 0): Waiting => ({
  topic: 'in',
  partition,
  waitingBytes,
  hasCompleteBatches: true,
})

class Consumer {
  readonly paused: Set<number> = new Set()

  pause(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.paused.add(partition)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.paused.delete(partition)
  }
}

test('beyond the budget those are paused that hold more than their share', () => {
  const [buffer, consumer] = [new SinkBuffer(100), new Consumer()]
  const [full, empty] = [waiting(0, 90), waiting(1, 10)]
  buffer.adjust([full, empty], consumer)
  assert.deepEqual([...consumer.paused], [])
  empty.waitingBytes = 11
  buffer.adjust([full, empty], consumer)
  assert.deepEqual([...consumer.paused], [0])
})

test('one goes on at half of its share, or all do at half of the budget', () => {
  const [buffer, consumer] = [new SinkBuffer(100), new Consumer()]
  const [one, other] = [waiting(0, 80), waiting(1, 60)]
  buffer.adjust([one, other], consumer)
  assert.deepEqual([...consumer.paused], [0, 1])
  other.waitingBytes = 26
  buffer.adjust([one, other], consumer)
  assert.deepEqual([...consumer.paused], [0, 1])
  other.waitingBytes = 25
  buffer.adjust([one, other], consumer)
  assert.deepEqual([...consumer.paused], [0])
  one.waitingBytes = 26
  other.waitingBytes = 24
  buffer.adjust([one, other], consumer)
  assert.deepEqual([...consumer.paused], [])
})

test('one without a complete batch is not paused, and goes on when it has none any more', () => {
  const [buffer, consumer] = [new SinkBuffer(100), new Consumer()]
  const one = waiting(0, 200)
  one.hasCompleteBatches = false
  buffer.adjust([one], consumer)
  assert.deepEqual([...consumer.paused], [])
  one.hasCompleteBatches = true
  buffer.adjust([one], consumer)
  assert.deepEqual([...consumer.paused], [0])
  one.hasCompleteBatches = false
  buffer.adjust([one], consumer)
  assert.deepEqual([...consumer.paused], [])
})

test('one that is given away is forgotten', () => {
  const [buffer, consumer] = [new SinkBuffer(100), new Consumer()]
  buffer.adjust([waiting(0, 200)], consumer)
  buffer.adjust([], consumer)
  const again = waiting(0, 200)
  buffer.adjust([again], consumer)
  again.waitingBytes = 0
  buffer.adjust([again], consumer)
  assert.deepEqual([...consumer.paused], [])
})
