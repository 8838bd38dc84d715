import type { Cancellable, PunctuationType, Punctuator } from '../processor/processor.ts'

/** When to call a punctuator, and then every `intervalMs`. */
export interface Punctuation {
  readonly nodeName: string
  readonly punctuator: Punctuator
  readonly firstMs: number
  readonly intervalMs: number
}

/**
 * The first call. Stream time is aligned to 0, and the wall clock waits for one interval; with a start both are
 * aligned to that, and what is past at `nowMs` is left out (KIP-1146).
 */
export function firstPunctuation(
  type: PunctuationType,
  intervalMs: number,
  startTimeMs: number | undefined,
  nowMs: number,
): number {
  if (startTimeMs === undefined) return type === 'stream-time' ? 0 : nowMs + intervalMs
  return startTimeMs < nowMs ? nextAfter(nowMs, startTimeMs, intervalMs) : startTimeMs
}

/** The first multiple of the interval after now, counted from `fromMs`. */
function nextAfter(nowMs: number, fromMs: number, intervalMs: number): number {
  return fromMs + (Math.floor((nowMs - fromMs) / intervalMs) + 1) * intervalMs
}

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

  add(punctuation: Punctuation): Cancellable {
    const schedule = new MutableSchedule(punctuation)
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

  constructor({ nodeName, firstMs, intervalMs, punctuator }: Punctuation) {
    this.nodeName = nodeName
    this.nextMs = firstMs
    this.intervalMs = intervalMs
    this.punctuator = punctuator
  }

  cancel(): void {
    this.cancelled = true
  }

  advance(nowMs: number): void {
    this.nextMs = nextAfter(nowMs, this.nextMs, this.intervalMs)
  }
}
