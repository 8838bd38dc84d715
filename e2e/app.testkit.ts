import {
  type App,
  type AppOptions,
  type AppState,
  type ErrorCode,
  type Logger,
  MillraceError,
  type Topology,
} from '@millrace/core'
import { createAppOn, type KafkaPort } from '@millrace/core/internal'
import type { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

export interface TestAppOptions extends Partial<AppOptions> {
  /** @defaultValue the port of the cluster */
  readonly port?: (kafka: KafkaPort) => KafkaPort
}

/** A member in this process: for failures that do not take the process along. */
export class TestApp {
  readonly app: App
  readonly states: AppState[] = []
  /** Lines of the log, as `level message fields`. */
  readonly log: string[] = []
  /** How `run` ended: with what it rejected, or with nothing. */
  readonly ended: Promise<unknown>

  constructor(cluster: TestCluster, topology: Topology, own: TestAppOptions = {}) {
    const { port, ...options } = own
    this.app = createAppOn(
      { kafka: () => (port === undefined ? cluster.newKafka() : port(cluster.newKafka())) },
      topology,
      {
        applicationId: cluster.id,
        brokers: cluster.brokers,
        sessionTimeout: 6000,
        heartbeatInterval: 300,
        logger: this.#logger(),
        ...options,
        onStateChange: (state) => {
          this.states.push(state)
        },
      },
    )
    this.ended = this.app.run().then(
      () => undefined,
      (error: unknown) => error,
    )
    cluster.defer(() => this.app.close())
  }

  untilState(state: AppState, boundMs?: number): Promise<boolean> {
    return this.until(`state ${state}`, () => this.app.state === state, boundMs)
  }

  /** Waits for `look`; fails at once when the app has failed. */
  until(what: string, look: () => boolean, boundMs?: number): Promise<boolean> {
    return until(
      what,
      () => {
        if (look()) return true
        if (this.app.state === 'error') {
          throw new Error(`${what}: the app has failed\n${this.lastWords()}`)
        }
        return false
      },
      { ...(boundMs === undefined ? {} : { boundMs }), lastWords: () => this.lastWords() },
    )
  }

  /** Waits until the app has failed with this code. @throws Error when it has not, or with another */
  async untilFailed(code: ErrorCode): Promise<MillraceError> {
    await until('the app fails', () => this.app.state === 'error', {
      lastWords: () => this.lastWords(),
    })
    const error = await this.ended
    if (MillraceError.is(error, code)) return error
    throw new Error(`not ${code}\n${this.lastWords()}`, { cause: error })
  }

  lastWords(): string {
    return this.log.slice(-15).join('\n')
  }

  #logger(): Logger {
    const say =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        this.log.push(`${level} ${message} ${JSON.stringify(fields, printError)}`)
      }
    return { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') }
  }
}

function printError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return { message: value.message, cause: value.cause }
}
