import type { RecordQueue } from './record-queue.ts'

/**
 * Inputs by the timestamp of their first record, the lowest on top.
 *
 * Of equal ones the order is that of Java's `PriorityQueue`, which is not the order in which they came: Kafka
 * Streams takes its records in it, and which of two records of one time comes first decides what a join gives.
 */
export class InputHeap<T extends { readonly queue: RecordQueue }> {
  readonly #heap: T[] = []

  get top(): T | undefined {
    return this.#heap[0]
  }

  /** The input must have a record. */
  offer(input: T): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(input)
    while (at > 0) {
      const above = (at - 1) >>> 1
      const parent = heap[above]
      if (parent === undefined || timestampOf(input) >= timestampOf(parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = input
  }

  /** Takes the top off. */
  poll(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    const half = heap.length >>> 1
    let at = 0
    while (at < half) {
      const below = this.#lowerChild(at)
      const child = heap[below]
      if (child === undefined || timestampOf(last) <= timestampOf(child)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
  }

  remove(input: T): void {
    const others = this.#heap.filter((one) => one !== input)
    this.#heap.length = 0
    for (const other of others) this.offer(other)
  }

  #lowerChild(at: number): number {
    const left = 2 * at + 1
    const one = this.#heap[left]
    const other = this.#heap[left + 1]
    if (one === undefined || other === undefined) return left
    return timestampOf(one) > timestampOf(other) ? left + 1 : left
  }
}

function timestampOf({ queue }: { readonly queue: RecordQueue }): number {
  return queue.headTimestampMs() ?? Infinity
}
