import {
  type App,
  type AppOptions,
  type Logger,
  MillraceError,
  type Topology,
} from '@millrace/core'
import {
  createAppOn,
  type KafkaPort,
  type StateBackend,
  type StateDirectory,
} from '@millrace/core/internal'
import type { SimulatedProcess } from '../../time/simulated-process.ts'
import type { SimulatedDisk } from '../disk/simulated-disk.ts'
import { SimulatedStateDirectory } from '../disk/simulated-state-directory.ts'
import type { Trace } from './trace.ts'

export interface HostParts {
  readonly process: SimulatedProcess
  readonly disk: SimulatedDisk
  /** State on the disk that the process has open. */
  readonly openPlaces: ReadonlySet<string>
  /** Undefined: the name that is kept on the disk. */
  readonly instanceId: string | undefined
  readonly kafka: KafkaPort
  readonly backend: StateBackend
  readonly topology: Topology
  readonly options: Partial<AppOptions>
  readonly applicationId: string
  readonly random: () => number
  readonly trace: Trace
}

/** One process that runs the app, from its start to its end. */
export class Host {
  readonly process: SimulatedProcess
  readonly disk: SimulatedDisk
  readonly openPlaces: ReadonlySet<string>
  readonly #app: App
  readonly #trace: Trace
  #failure: unknown
  #isClosing = false

  constructor(parts: HostParts) {
    this.process = parts.process
    this.disk = parts.disk
    this.openPlaces = parts.openPlaces
    this.#trace = parts.trace
    const { kafka, process, random, topology, applicationId, instanceId, options, backend } = parts
    const stateDirectory = (): StateDirectory => new SimulatedStateDirectory(this.disk, process)
    this.#app = createAppOn(
      { kafka: () => kafka, stateDirectory, scheduler: process, random },
      topology,
      {
        brokers: 'simulated:9092',
        ...options,
        applicationId,
        ...(instanceId === undefined ? {} : { instanceId }),
        ...(backend.persistent ? { stateDir: `/${this.disk.name}` } : {}),
        stores: backend,
        logger: this.#logger(),
      },
    )
    this.#life(`starts as ${instanceId ?? this.disk.processId} on ${this.disk.name}`)
    this.#app.start().catch((error: unknown) => {
      this.#fail(error)
    })
  }

  get name(): string {
    return this.process.name
  }

  get state(): string {
    if (!this.process.isAlive) return 'killed'
    return this.process.isPaused ? `paused (${this.#app.state})` : this.#app.state
  }

  /** True while it takes part, or will when its pause is over. */
  get isUp(): boolean {
    return this.process.isAlive && !this.hasEnded
  }

  get hasEnded(): boolean {
    return this.#app.state === 'closed' || this.#app.state === 'error'
  }

  get isRunning(): boolean {
    return this.isUp && !this.process.isPaused && this.#app.state === 'running'
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** What the app ended with; undefined when it has not failed. */
  get failure(): unknown {
    return this.#failure
  }

  kill(): void {
    this.process.kill()
  }

  close(): void {
    if (this.#isClosing || !this.isUp) return
    this.#isClosing = true
    this.#life('closes')
    this.#app.close().catch((error: unknown) => {
      this.#fail(error)
    })
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#life(`failed: ${describeError(error)}`)
  }

  #life(text: string): void {
    this.#trace.add('life', this.name, text)
  }

  #logger(): Logger {
    const line =
      (level: string) =>
      (message: string, fields?: Readonly<Record<string, unknown>>): void => {
        if (level === 'error') this.#failure ??= fields?.['error']
        this.#trace.add('log', this.name, () => `${level} ${message}${printFields(fields)}`)
      }
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = MillraceError.is(error) ? `${error.code} ` : ''
  const at = MillraceError.is(error) ? ` ${JSON.stringify(error.at)}` : `\n${error.stack ?? ''}`
  const cause = error.cause === undefined ? '' : `; because ${describeError(error.cause)}`
  return `${code}${error.message}${at}${cause}`
}

function printFields(fields: Readonly<Record<string, unknown>> | undefined): string {
  if (fields === undefined) return ''
  const parts = Object.entries(fields).map(([name, value]) =>
    value instanceof Error ? `${name}=${value.message}` : `${name}=${JSON.stringify(value)}`,
  )
  return ` {${parts.join(', ')}}`
}
