import type { Cancellable, Punctuator } from '../processor/processor.ts'

export interface Schedule extends Cancellable {
  readonly nodeName: string
  readonly punctuator: Punctuator
  readonly intervalMs: number
  readonly nextMs: number
}

/**
 * The punctuators of one task under one notion of time.
 *
 * Missed intervals collapse into one call: the next is the first multiple after now (Kafka Streams:
 * `PunctuationSchedule.next`).
 */
export class PunctuationQueue {
  #schedules: MutableSchedule[] = []

  add(nodeName: string, firstMs: number, intervalMs: number, punctuator: Punctuator): Cancellable {
    const schedule = new MutableSchedule(nodeName, firstMs, intervalMs, punctuator)
    this.#schedules.push(schedule)
    return schedule
  }

  /** When the next is due; Infinity when there is none. */
  get nextMs(): number {
    let next = Infinity
    for (const schedule of this.#schedules) {
      if (!schedule.cancelled && schedule.nextMs < next) next = schedule.nextMs
    }
    return next
  }

  /** The schedule that is due first at `nowMs`, already set to its next time. */
  takeDue(nowMs: number): Schedule | undefined {
    this.#schedules = this.#schedules.filter((schedule) => !schedule.cancelled)
    let due: MutableSchedule | undefined
    for (const schedule of this.#schedules) {
      if (schedule.nextMs <= nowMs && (due === undefined || schedule.nextMs < due.nextMs)) {
        due = schedule
      }
    }
    due?.advance(nowMs)
    return due
  }

  clear(): void {
    this.#schedules = []
  }
}

class MutableSchedule implements Schedule {
  readonly nodeName: string
  readonly punctuator: Punctuator
  readonly intervalMs: number
  nextMs: number
  cancelled = false

  constructor(nodeName: string, firstMs: number, intervalMs: number, punctuator: Punctuator) {
    this.nodeName = nodeName
    this.nextMs = firstMs
    this.intervalMs = intervalMs
    this.punctuator = punctuator
  }

  cancel(): void {
    this.cancelled = true
  }

  advance(nowMs: number): void {
    const missed = Math.floor((nowMs - this.nextMs) / this.intervalMs)
    this.nextMs += (missed + 1) * this.intervalMs
  }
}
