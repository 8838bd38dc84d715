import type { GroupConsumer } from '../kafka/group-consumer.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { RecordQueue } from './record-queue.ts'
import type { Task } from './task.ts'

/**
 * Bounds the memory of records that wait: pauses the fullest partitions when all of them together hold
 * more than the budget, and resumes them when they hold less than half (KIP-770).
 *
 * Pausing is the last resort: the client throws away what it has prefetched of the partition. It is
 * needed where a task waits for one input while others run ahead.
 *
 * Invariant: what is paused has records that wait. A task takes nothing from its full inputs while it
 * waits for an empty one, so an empty one that stayed paused would be waited for for ever. It goes on
 * whatever the others hold, which takes the sum beyond the budget by one poll at most.
 */
export class InputBuffer {
  readonly #maxBytes: number
  readonly #paused = new Map<string, TopicPartition>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  adjust(tasks: readonly Task[], consumer: GroupConsumer): void {
    let bytes = 0
    for (const task of tasks) bytes += task.inputs.bufferedBytes
    if (this.#paused.size > 0) {
      if (bytes * 2 < this.#maxBytes) this.reset(tasks, consumer)
      else this.#resumeEmpty(tasks, consumer)
    }
    if (bytes > this.#maxBytes) this.#pause(fullest(tasks, bytes - this.#maxBytes), consumer)
  }

  /** Resumes all: after a roll-back nothing waits. */
  reset(tasks: readonly Task[], consumer: GroupConsumer): void {
    const paused = [...this.#paused.values()]
    this.#paused.clear()
    if (paused.length > 0) consumer.resume(owned(paused, tasks))
  }

  #resumeEmpty(tasks: readonly Task[], consumer: GroupConsumer): void {
    const empty: TopicPartition[] = []
    for (const task of tasks) {
      for (const { source, bytes } of task.inputs.queues) {
        if (bytes > 0) continue
        if (this.#paused.delete(partitionKey(source.topic, source.partition))) empty.push(source)
      }
    }
    if (empty.length > 0) consumer.resume(empty)
  }

  #pause(queues: readonly RecordQueue[], consumer: GroupConsumer): void {
    const fresh = queues
      .map(({ source }) => source)
      .filter(({ topic, partition }) => !this.#paused.has(partitionKey(topic, partition)))
    for (const source of fresh)
      this.#paused.set(partitionKey(source.topic, source.partition), source)
    if (fresh.length > 0) consumer.pause(fresh)
  }
}

/** The fullest queues, as many as hold `excess` bytes together. */
function fullest(tasks: readonly Task[], excess: number): readonly RecordQueue[] {
  const queues = tasks.flatMap((task) => task.inputs.queues).sort((a, b) => b.bytes - a.bytes)
  const chosen: RecordQueue[] = []
  let bytes = 0
  for (const queue of queues) {
    if (bytes >= excess) break
    chosen.push(queue)
    bytes += queue.bytes
  }
  return chosen
}

/** Partitions that were given away meanwhile cannot be resumed. */
function owned(partitions: readonly TopicPartition[], tasks: readonly Task[]): TopicPartition[] {
  const keys = new Set(
    tasks
      .flatMap((task) => task.inputs.partitions)
      .map(({ topic, partition }) => partitionKey(topic, partition)),
  )
  return partitions.filter(({ topic, partition }) => keys.has(partitionKey(topic, partition)))
}
