import type { Scheduler } from '../../time/clock.ts'

/** Rings once at a time, which can be changed until then. */
export class Alarm {
  readonly #scheduler: Scheduler
  readonly #ring: () => void
  #atMs = Infinity
  #cancel: () => void = () => undefined

  constructor(scheduler: Scheduler, ring: () => void) {
    this.#scheduler = scheduler
    this.#ring = ring
  }

  /** Infinity: never. */
  set(atMs: number): void {
    if (atMs === this.#atMs) return
    this.#cancel()
    this.#atMs = atMs
    this.#cancel = () => undefined
    if (atMs === Infinity) return
    this.#cancel = this.#scheduler.setTimer(Math.max(0, atMs - this.#scheduler.nowMs()), () => {
      this.#atMs = Infinity
      this.#ring()
    })
  }
}
