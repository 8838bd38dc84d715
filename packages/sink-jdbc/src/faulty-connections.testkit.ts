import type { SinkInterruption, SinkStep } from '@millrace/testing'
import type { Connect, Bind, SqlConnection, SqlResult } from './drivers/sql-connection.ts'

interface Armed {
  readonly step: SinkStep
  readonly how: 'cut' | 'stall'
  readonly markReached: () => void
  readonly until: Promise<void>
}

/** The connections of one process, which a test breaks: for databases without a network, and answers that look alike. */
export class FaultyConnections {
  readonly #begin: string
  readonly #open = new Set<SqlConnection>()
  readonly #armed: Armed[] = []
  #isKilled = false

  constructor(begin: string) {
    this.#begin = begin
  }

  /** Connections whose faults this decides. */
  through(connect: Connect): Connect {
    return async () => {
      if (this.#isKilled) throw new TypeError('the process is killed')
      const inner = await connect()
      this.#open.add(inner)
      return new FaultyConnection(inner, (step) => this.#at(step, inner), this.#begin)
    }
  }

  arm(step: SinkStep, how: 'cut' | 'stall'): SinkInterruption {
    let markReached: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (markReached = resolve))
    let resume: () => void = () => undefined
    const until = new Promise<void>((resolve) => (resume = resolve))
    this.#armed.push({ step, how, markReached, until })
    return { reached, resume }
  }

  /** As SIGKILL leaves it: sessions end without a commit. */
  kill(): void {
    this.#isKilled = true
    for (const connection of this.#open) connection.destroy()
  }

  async #at(step: SinkStep, connection: SqlConnection): Promise<void> {
    const index = this.#armed.findIndex((armed) => armed.step === step)
    const [armed] = index === -1 ? [] : this.#armed.splice(index, 1)
    if (armed === undefined) return
    armed.markReached()
    if (armed.how === 'stall') await armed.until
    else {
      connection.destroy()
      throw Object.assign(new Error('database is not open'), { code: 'ERR_INVALID_STATE' })
    }
  }
}

class FaultyConnection implements SqlConnection {
  readonly #inner: SqlConnection
  readonly #at: (step: SinkStep) => Promise<void>
  readonly #begin: string

  constructor(inner: SqlConnection, at: (step: SinkStep) => Promise<void>, begin: string) {
    this.#inner = inner
    this.#at = at
    this.#begin = begin
  }

  get isUsable(): boolean {
    return this.#inner.isUsable
  }

  execute(sql: string, values: readonly Bind[]): Promise<SqlResult> {
    return this.#inner.execute(sql, values)
  }

  executeEach(sql: string, rows: readonly (readonly Bind[])[]): Promise<number> {
    return this.#inner.executeEach(sql, rows)
  }

  async run(sql: string): Promise<void> {
    if (sql.startsWith(this.#begin)) await this.#at('before-write')
    if (sql === 'COMMIT') await this.#at('before-commit')
    await this.#inner.run(sql)
    if (sql === 'COMMIT') await this.#at('after-commit')
  }

  destroy(): void {
    this.#inner.destroy()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
