import type { Connect, SqlConnection } from '../drivers/sql-connection.ts'

interface Waiter {
  readonly go: () => void
  readonly fail: (error: unknown) => void
}

/**
 * Up to `size` sessions, each of one writer at a time. The one that was given back last goes out first. Those who
 * find none wait in order.
 */
export class ConnectionPool {
  readonly #connect: Connect
  readonly #size: number
  readonly #idle: SqlConnection[] = []
  readonly #waiters: Waiter[] = []
  #count = 0
  #isClosed = false

  constructor(connect: Connect, size: number) {
    this.#connect = connect
    this.#size = size
  }

  /** Rejects with the driver's error when none can be made, and with the signal's reason when it aborts first. */
  async acquire(signal: AbortSignal): Promise<SqlConnection> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#isClosed) throw new TypeError('the sink is closed')
      const idle = this.#idle.pop()
      if (idle?.isUsable === true) return idle
      if (idle !== undefined) this.#count--
      else if (this.#count < this.#size) return await this.#add()
      else {
        await this.#turn(signal)
        // Between the two it may have aborted: then the turn is the next one's.
        if (signal.aborted) this.#waiters.shift()?.go()
      }
    }
  }

  /** One that is of no more use is replaced when the next is asked for. */
  release(connection: SqlConnection): void {
    if (connection.isUsable && !this.#isClosed) {
      this.#idle.push(connection)
    } else {
      connection.destroy()
      this.#count--
    }
    this.#waiters.shift()?.go()
  }

  /** Idle sessions end in order; those in use when they come back. Does not reject. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiter of this.#waiters.splice(0)) waiter.go()
    const idle = this.#idle.splice(0)
    this.#count -= idle.length
    await Promise.all(idle.map((connection) => connection.close()))
  }

  async #add(): Promise<SqlConnection> {
    this.#count++
    try {
      return await this.#connect()
    } catch (error) {
      this.#count--
      this.#waiters.shift()?.go()
      throw error
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          signal.removeEventListener('abort', abort)
          resolve()
        },
        fail: reject,
      }
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        waiter.fail(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiters.push(waiter)
    })
  }
}
