/** What asynchronous processors of a task have under way. */
export class PendingWork {
  #pending: Promise<void>[] = []

  get isEmpty(): boolean {
    return this.#pending.length === 0
  }

  track(pending: Promise<void>): void {
    pending.catch(() => undefined) // settle() looks at it; until then it is not unhandled.
    this.#pending.push(pending)
  }

  /** Waits until everything is done, what that starts included. @throws the first failure */
  async settle(): Promise<void> {
    while (this.#pending.length > 0) {
      const pending = this.#pending
      this.#pending = []
      const failed = (await Promise.allSettled(pending)).find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
  }

  /** The same, whatever fails, so that none of it meets the next record. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0) {
      const pending = this.#pending
      this.#pending = []
      await Promise.allSettled(pending)
    }
  }

  forget(): void {
    this.#pending = []
  }
}
