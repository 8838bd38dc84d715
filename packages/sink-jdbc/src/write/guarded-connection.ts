import type { Scheduler } from '@millrace/core/internal'
import type { Bind, SqlConnection, SqlResult } from '../drivers/sql-connection.ts'

/** A request ended before its answer: time was up, or nobody wants it any more. What it did is not known. */
export class RequestEnded extends Error {}

/**
 * Bounds every request in time. A server ends a statement itself when it takes too long; this is for a server, or a
 * network, that says nothing any more.
 */
export class GuardedConnection implements SqlConnection {
  readonly #inner: SqlConnection
  readonly #scheduler: Scheduler
  readonly #timeoutMs: number
  #end: ((error: RequestEnded) => void) | undefined

  constructor(inner: SqlConnection, scheduler: Scheduler, timeoutMs: number) {
    this.#inner = inner
    this.#scheduler = scheduler
    this.#timeoutMs = timeoutMs
  }

  get isUsable(): boolean {
    return this.#inner.isUsable
  }

  execute(sql: string, values: readonly Bind[]): Promise<SqlResult> {
    return this.#guard(this.#inner.execute(sql, values))
  }

  executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number> {
    return this.#guard(this.#inner.executeEach(sql, rows))
  }

  run(sql: string): Promise<void> {
    return this.#guard(this.#inner.run(sql))
  }

  destroy(): void {
    this.#inner.destroy()
    // Not every driver fails what is under way.
    this.#end?.(new RequestEnded('the session was ended'))
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #guard<T>(request: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#scheduler.setTimer(this.#timeoutMs, () => {
        this.#inner.destroy()
        reject(new RequestEnded(`no answer within ${this.#timeoutMs} ms`))
      })
      const fail = (error: RequestEnded): void => {
        cancel()
        reject(error)
      }
      this.#end = fail
      request.then(resolve, reject).finally(() => {
        cancel()
        // The next request may have begun by now.
        if (this.#end === fail) this.#end = undefined
      })
    })
  }
}
