import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupConsumer } from '../kafka/group-consumer.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import { InputBuffer } from './input-buffer.ts'
import type { Task } from './task.ts'

/** A task as far as the buffer looks at it: how many bytes wait in each partition. */
class WaitingTask {
  readonly #bytes: Map<string, number>

  constructor(bytes: Record<string, number>) {
    this.#bytes = new Map(Object.entries(bytes))
  }

  set(topic: string, bytes: number): void {
    this.#bytes.set(topic, bytes)
  }

  asTask(): Task {
    const partitions = [...this.#bytes.keys()].map((topic) => ({ topic, partition: 0 }))
    const queues = [...this.#bytes].map(([topic, bytes]) => ({
      source: { topic, partition: 0 },
      bytes,
    }))
    const bufferedBytes = queues.reduce((sum, { bytes }) => sum + bytes, 0)
    return { inputs: { partitions, queues, bufferedBytes } } as unknown as Task // the buffer reads no more
  }
}

/** Notes what is paused and resumed, in order. */
function recordingConsumer(): { readonly calls: string[]; readonly consumer: GroupConsumer } {
  const calls: string[] = []
  const note =
    (what: string) =>
    (partitions: readonly TopicPartition[]): void => {
      const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition))
      calls.push(`${what} ${keys.join(' ')}`)
    }
  const consumer = { pause: note('pause'), resume: note('resume') }
  return { calls, consumer: consumer as unknown as GroupConsumer } // the buffer calls nothing else
}

test('within the budget nothing is paused', () => {
  const { calls, consumer } = recordingConsumer()
  new InputBuffer(100).adjust([new WaitingTask({ a: 60, b: 40 }).asTask()], consumer)
  assert.deepEqual(calls, [])
})

test('beyond the budget the fullest partitions are paused, as many as hold the excess', () => {
  const { calls, consumer } = recordingConsumer()
  const tasks = [new WaitingTask({ a: 10, b: 60 }), new WaitingTask({ c: 40, d: 50 })]
  new InputBuffer(100).adjust(
    tasks.map((task) => task.asTask()),
    consumer,
  )
  assert.deepEqual(calls, ['pause b-0'])
})

test('a partition that is paused already is not paused again', () => {
  const { calls, consumer } = recordingConsumer()
  const task = new WaitingTask({ a: 80, b: 30 })
  const buffer = new InputBuffer(100)
  buffer.adjust([task.asTask()], consumer)
  buffer.adjust([task.asTask()], consumer)
  task.set('b', 120)
  buffer.adjust([task.asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0', 'pause b-0'])
})

test('below half of the budget all are resumed, and not before', () => {
  const { calls, consumer } = recordingConsumer()
  const task = new WaitingTask({ a: 101 })
  const buffer = new InputBuffer(100)
  buffer.adjust([task.asTask()], consumer)
  task.set('a', 50)
  buffer.adjust([task.asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0'])
  task.set('a', 49)
  buffer.adjust([task.asTask()], consumer)
  buffer.adjust([task.asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0', 'resume a-0'])
})

test('one that has run empty is resumed, however much waits in others', () => {
  const { calls, consumer } = recordingConsumer()
  const task = new WaitingTask({ a: 180, b: 120 })
  const buffer = new InputBuffer(100)
  buffer.adjust([task.asTask()], consumer)
  task.set('b', 0)
  buffer.adjust([task.asTask()], consumer)
  buffer.adjust([task.asTask()], consumer)
  task.set('b', 120)
  buffer.adjust([task.asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0 b-0', 'resume b-0', 'pause b-0'])
})

test('a partition that was given away meanwhile is not resumed', () => {
  const { calls, consumer } = recordingConsumer()
  const buffer = new InputBuffer(100)
  buffer.adjust([new WaitingTask({ a: 80, b: 70 }).asTask()], consumer)
  buffer.adjust([new WaitingTask({ b: 0 }).asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0', 'resume '])
})

test('after a roll-back all are resumed, however much waits', () => {
  const { calls, consumer } = recordingConsumer()
  const task = new WaitingTask({ a: 101 })
  const buffer = new InputBuffer(100)
  buffer.reset([task.asTask()], consumer)
  buffer.adjust([task.asTask()], consumer)
  buffer.reset([task.asTask()], consumer)
  assert.deepEqual(calls, ['pause a-0', 'resume a-0'])
})
