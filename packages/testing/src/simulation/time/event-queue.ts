import type { SimulatedProcess } from './simulated-process.ts'

/** What a delivery to a process is: a timer of its own, a request that leaves it, an answer that arrives. */
export type DeliveryPhase = 'timer' | 'request' | 'response'

/** Something that happens at a moment of virtual time. */
export interface ScheduledEvent {
  atMs: number
  /** Decides between events of the same moment. */
  tie: number
  number: number
  /** Undefined: an event of the world, which no kill and no pause touches. */
  readonly process: SimulatedProcess | undefined
  readonly operation: string
  readonly phase: DeliveryPhase
  readonly run: () => void
  isCancelled: boolean
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs
  if (a.tie !== b.tie) return a.tie < b.tie
  return a.number < b.number
}

/** A binary heap: the earliest event first. */
export class EventQueue {
  readonly #heap: ScheduledEvent[] = []

  get size(): number {
    return this.#heap.length
  }

  push(event: ScheduledEvent): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || isBefore(parent, event)) break
      heap[at] = parent
      at = up
    }
    heap[at] = event
  }

  pop(): ScheduledEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      if (left === undefined) break
      const right = heap[2 * at + 2]
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (isBefore(last, child)) break
      heap[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}
