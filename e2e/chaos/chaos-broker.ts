import { type JvmBroker, startJvmBroker } from '@millrace/tools/broker'
import { pause } from '@millrace/trial'

const PROPERTIES = {
  // Longer than it stands still: or its own controller takes it for dead when it goes on. A killed one
  // is let in again after this time only.
  'broker.session.timeout.ms': '12000',
  // Time-outs of transactions are looked for every 10 s by default.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  // Expired segments are looked for every 5 min by default: so that those of old records go at once.
  'log.retention.check.interval.ms': '5000',
  'log.initial.task.delay.ms': '5000',
}

/** The broker of a run, which can stand still and restart. */
export class ChaosBroker {
  readonly #node: JvmBroker
  #isStopped = false

  private constructor(node: JvmBroker) {
    this.#node = node
  }

  static async start(dataDir: string): Promise<ChaosBroker> {
    return new ChaosBroker(await startJvmBroker({ dataDir, properties: PROPERTIES }))
  }

  get brokers(): string {
    return this.#node.brokers
  }

  async standStill(ms: number, signal: AbortSignal): Promise<void> {
    process.kill(this.#node.pid, 'SIGSTOP')
    this.#isStopped = true
    try {
      await pause(ms, signal)
    } finally {
      this.#goOn()
    }
  }

  /** Stops it with the signal, and starts it again on the same data after a while. */
  async restart(how: 'SIGTERM' | 'SIGKILL', awayMs: number, signal: AbortSignal): Promise<void> {
    await this.#node.kill(how)
    await pause(awayMs, signal)
    await this.#node.restart()
  }

  /** For good; its data stays. */
  async stop(): Promise<void> {
    this.#goOn()
    await this.#node.kill()
  }

  #goOn(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    process.kill(this.#node.pid, 'SIGCONT')
  }
}
