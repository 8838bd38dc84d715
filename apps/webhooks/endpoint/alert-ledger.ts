import type { Alert } from '../topology.ts'

/** What the endpoint has done: each alert once by its idempotency key, in the order in which they took effect. */
export class AlertLedger {
  readonly #alerts = new Map<string, Alert>()
  #repeats = 0

  /** Does nothing for a key that it has: a request that comes again has its effect already. */
  add(idempotencyKey: string, alert: Alert): void {
    if (this.#alerts.has(idempotencyKey)) this.#repeats++
    else this.#alerts.set(idempotencyKey, alert)
  }

  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()]
  }

  get size(): number {
    return this.#alerts.size
  }

  /** Requests that had had their effect before. */
  get repeats(): number {
    return this.#repeats
  }
}
