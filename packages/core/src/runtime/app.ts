import { Backoff } from '../base/backoff.ts'
import { deferred } from '../base/deferred.ts'
import { type AppConfig, resolveAppConfig } from '../config/app-config.ts'
import type { AppSettings, HandlerOptions } from '../config/app-options.ts'
import { type ErrorCode, MillraceError } from '../errors/millrace-error.ts'
import type { KafkaPort } from '../kafka/kafka-port.ts'
import { consoleLogger } from '../observe/console-logger.ts'
import type { Logger } from '../observe/logger.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import type { StateBackend } from '../state/state-backend.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import { type Scheduler, systemClock } from '../time/clock.ts'
import { untilAborted, wait } from '../time/wait.ts'
import type { Topology } from '../topology/topology-node.ts'
import { createMember, type RunnableMember } from './create-member.ts'
import { DiskGuard, type DiskGuardParts, untilRoom } from './disk-guard.ts'
import { GlobalState } from './global/global-state.ts'
import { LocalStateDirectory } from './local-state-directory.ts'
import type { RestoreListener } from './restorer.ts'
import { runTogether } from './run-together.ts'
import { ExternalSinks } from './sink/external-sinks.ts'
import { type ResolvedSink, resolveSinks } from './sink/resolved-sink.ts'
import { hasMember, topicsWithoutMember } from './sink/without-member.ts'
import type { StandbyListener } from './standby/standby-update.ts'
import { type AppMetrics, createMetrics } from './task-metrics.ts'
import { TaskStates } from './task-states.ts'

/**
 * What an app does: `created` → `rebalancing` ⇄ `running` → `closing` → `closed`, or → `error`
 * from anywhere (Kafka Streams: CREATED, REBALANCING, RUNNING, PENDING_SHUTDOWN, NOT_RUNNING, ERROR).
 */
export type AppState = 'created' | 'rebalancing' | 'running' | 'closing' | 'closed' | 'error'

/** Told of each change of the state of an app, in order. */
export type StateListener = (state: AppState, before: AppState) => void

export interface AppOptions extends AppSettings, HandlerOptions {
  /** Where tasks keep their state. @defaultValue `inMemory()` */
  readonly stores?: StateBackend
  /** @defaultValue lines on standard error, from 'info' up */
  readonly logger?: Logger
  /** Called at each change of state. Must not throw. */
  readonly onStateChange?: StateListener
  /** Called when a restore begins, after each batch, when it is suspended, and when it ends. Must not throw. */
  readonly onRestore?: RestoreListener
  /** Called when a standby of a store starts, after each batch, and when it is suspended. Must not throw. */
  readonly onStandbyUpdate?: StandbyListener
}

/** One member of an application: start it in as many processes as there is work for. */
export interface App {
  readonly state: AppState
  /** A copy of the counters. */
  metrics(): AppMetrics
  /**
   * Starts, and resolves when the first assignment is running; rejects when the app fails before.
   * @throws MillraceError for a topology that does not fit the cluster
   */
  start(): Promise<void>
  /**
   * Starts, and resolves when the app is closed by `close()`, SIGTERM or SIGINT; rejects when it fails.
   * After a signal it settles within `closeTimeout`, if need be with `MR_CLOSE_TIMEOUT`: what is still
   * open then keeps the process alive, so end it.
   */
  run(): Promise<void>
  /**
   * Commits, closes the tasks and leaves the group; a static member stays in it until its session ends.
   * Idempotent. Rejects with `MR_CLOSE_TIMEOUT` when that takes longer than `closeTimeout`; nothing is
   * lost then, the transaction is left to be aborted.
   */
  close(): Promise<void>
}

/**
 * A process that is fenced more often than this within the window shares its instance id with another.
 * A place in the group that was lost may have been taken by the process itself, when it stood still;
 * of two that take it from each other, the one that had it first is the first over the limit.
 */
const MAX_FENCES: Partial<Record<ErrorCode, number>> = {
  MR_PRODUCER_FENCED: 5,
  MR_MEMBER_FENCED: 2,
}
const FENCE_WINDOW_MS = 60_000
/** A new topic is known to all brokers by then. */
const LONGEST_REJOIN_WAIT_MS = 2000
/**
 * Between two looks whether the group still has a member of this instance id. Not longer: of two
 * processes that share one, each is to be fenced often enough within the window above.
 */
const HELD_WAIT_MS = 1000

/** What an app stands on. Tests and simulations put parts of their own here. */
export interface AppPlatform {
  readonly kafka: (config: AppConfig, logger: Logger) => KafkaPort
  /** Called only when the app has a `stateDir`. @defaultValue the local disk's */
  readonly stateDirectory?: (config: AppConfig, logger: Logger) => StateDirectory
  /** @defaultValue the system's clock */
  readonly scheduler?: Scheduler
  /** In [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number
}

export function createAppOn(platform: AppPlatform, topology: Topology, options: AppOptions): App {
  const config = resolveAppConfig(options)
  const logger = options.logger ?? consoleLogger()
  const { scheduler = systemClock, random = Math.random } = platform
  const sinks = resolveSinks(topology, config)
  const directory = stateDirectoryOf(platform, config, options.stores, logger)
  return new MillraceApp({
    platform,
    config,
    logger,
    topology,
    options,
    directory,
    sinks,
    scheduler,
    random,
  })
}

/** Nothing when the app keeps nothing on disk. */
function stateDirectoryOf(
  { stateDirectory }: AppPlatform,
  config: AppConfig,
  stores: StateBackend | undefined,
  logger: Logger,
): StateDirectory | undefined {
  const { stateDir, applicationId } = config
  if (stateDir !== undefined) {
    if (stateDirectory !== undefined) return stateDirectory(config, logger)
    return new LocalStateDirectory({ stateDir, applicationId, logger })
  }
  if (stores?.persistent !== true) return undefined
  throw new MillraceError(
    'MR_CONFIG',
    `Invalid app options: ${stores.kind} stores need a stateDir`,
    {
      hint: 'Set stateDir to a directory on a local disk.',
    },
  )
}

interface AppParts {
  readonly platform: AppPlatform
  /** As known before the state directory is open: see {@link MillraceApp}. */
  readonly config: AppConfig
  readonly logger: Logger
  readonly topology: Topology
  readonly options: AppOptions
  readonly directory: StateDirectory | undefined
  readonly sinks: readonly ResolvedSink[]
  readonly scheduler: Scheduler
  readonly random: () => number
}

/** What all members of the app have in common, once the process has its id. */
interface AppGround {
  readonly config: AppConfig
  readonly kafka: KafkaPort
  readonly states: TaskStates
  readonly globalState: GlobalState
  /** Undefined when state is not on disk. */
  readonly disk: DiskGuardParts | undefined
}

class MillraceApp implements App {
  readonly #parts: AppParts
  readonly #metrics: AppMetrics = createMetrics()
  readonly #stop = new AbortController()
  readonly #started = deferred<undefined>()
  readonly #sinks: ExternalSinks
  #member: RunnableMember | undefined
  #memberState: 'rebalancing' | 'running' = 'rebalancing'
  #state: AppState = 'created'
  #finished: Promise<void> | undefined

  constructor(parts: AppParts) {
    this.#parts = parts
    this.#sinks = new ExternalSinks({
      ...parts,
      handlers: parts.options,
      metrics: this.#metrics,
      stop: this.#stop.signal,
      onClaimed: () => {
        this.#reportState()
      },
    })
  }

  get state(): AppState {
    return this.#state
  }

  metrics(): AppMetrics {
    const lag = this.#member?.lag() ?? 0
    const standbyLag = this.#member?.standbyLag() ?? {}
    const dropped = { ...this.#metrics.dropped }
    return { ...this.#metrics, lag, standbyLag, dropped, sinks: this.#sinks.metrics }
  }

  async start(): Promise<void> {
    if (this.#finished !== undefined) throw new TypeError('an app can be started once')
    this.#finished = this.#runMembers()
    // A failure reaches the caller through start() or run(); close() reports its own.
    this.#finished.catch(() => undefined)
    await Promise.race([this.#started.promise, this.#finished])
  }

  async run(): Promise<void> {
    const failedToClose = deferred<never>()
    const onSignal = (signal: NodeJS.Signals): void => {
      this.#parts.logger.info(`${signal}: closing`)
      this.close().catch((error: unknown) => {
        this.#parts.logger.error('closing failed', { error })
        failedToClose.reject(error)
      })
    }
    const runToEnd = async (): Promise<void> => {
      await this.start()
      await this.#finished
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    try {
      await Promise.race([runToEnd(), failedToClose.promise])
    } finally {
      process.off('SIGTERM', onSignal)
      process.off('SIGINT', onSignal)
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'created') this.#setState('closed')
    if (this.#finished === undefined) return
    if (!this.#stop.signal.aborted && this.#state !== 'error') this.#setState('closing')
    this.#stop.abort()
    this.#member?.wake()
    const timeout = new AbortController()
    const { closeTimeoutMs } = this.#parts.config
    const settled = this.#finished.then(
      () => true,
      () => true, // run() has told; to close what failed is no error
    )
    const late = wait(this.#parts.scheduler, closeTimeoutMs, timeout.signal).then(() => false)
    const isClosed = await Promise.race([settled, late])
    timeout.abort()
    if (isClosed) return
    throw new MillraceError(
      'MR_CLOSE_TIMEOUT',
      `The app did not close within ${closeTimeoutMs} ms`,
      {
        hint: 'End the process; its open transaction is aborted by the next member or by its time-out.',
      },
    )
  }

  async #runMembers(): Promise<void> {
    const { directory, logger } = this.#parts
    try {
      this.#setState('rebalancing')
      await directory?.open()
      try {
        const ground = this.#ground()
        try {
          await this.#runAllOn(ground)
        } finally {
          await ground.globalState.close()
          await ground.states.close()
        }
      } finally {
        await directory?.close()
      }
      this.#setState('closed')
    } catch (error) {
      this.#setState('error')
      logger.error('the app has failed', { error })
      throw error
    }
  }

  #ground(): AppGround {
    const { platform, options, directory, logger, scheduler } = this.#parts
    const backend = options.stores ?? inMemory()
    const config =
      directory === undefined ? this.#parts.config : resolveAppConfig(options, directory.processId)
    const { stateDir = '', stateCleanupDelayMs, instanceId } = config
    if (directory !== undefined) {
      const { processId } = directory
      logger.info('the state directory is open', { stateDir, processId, instanceId })
    }
    const states = new TaskStates({
      backend,
      directory,
      cleanupDelayMs: stateCleanupDelayMs,
      clock: scheduler,
      logger,
    })
    return {
      config,
      kafka: platform.kafka(config, logger),
      states,
      globalState: new GlobalState(states, logger),
      disk:
        directory === undefined || !backend.persistent
          ? undefined
          : { freeBytes: () => directory.freeBytes(), path: stateDir, scheduler, logger },
    }
  }

  /** The member and the sinks end together, each in its order. */
  async #runAllOn(ground: AppGround): Promise<void> {
    const { config, kafka } = ground
    const halt = (): void => {
      this.#stop.abort()
      this.#member?.wake()
    }
    await runTogether(
      [() => this.#runMembersOn(ground), () => this.#sinks.run(config, kafka, halt)],
      halt,
    )
  }

  async #runMembersOn(ground: AppGround): Promise<void> {
    if (!hasMember(this.#parts.topology)) {
      await this.#runWithoutMember(ground)
      return
    }
    const fences: { readonly code: ErrorCode; readonly atMs: number }[] = []
    let last: ErrorCode | undefined
    const { scheduler, random, logger } = this.#parts
    const backoff = new Backoff(50, LONGEST_REJOIN_WAIT_MS, random)
    while (!this.#stop.signal.aborted) {
      this.#memberState = 'rebalancing'
      this.#reportState()
      const fence = await this.#runMember(ground)
      if (fence === undefined) break
      // The session of a predecessor lasts longer than a wait: it is told once.
      const isRepeated = fence.code === 'MR_INSTANCE_ID_HELD' && last === fence.code
      last = fence.code
      logger[isRepeated ? 'debug' : 'warn'](`${fence.message}; rejoining with a new producer`, {
        code: fence.code,
        ...fence.at,
        cause: fence.cause,
      })
      fences.push({ code: fence.code, atMs: scheduler.nowMs() })
      this.#assertNotShared(fences, ground.config, fence)
      await this.#mendState(ground, fence)
      const waitMs = backoff.nextMs()
      await wait(
        scheduler,
        fence.code === 'MR_INSTANCE_ID_HELD' ? HELD_WAIT_MS : waitMs,
        this.#stop.signal,
      )
    }
  }

  /** Nothing is processed in transactions: no producer is fenced, and no group joined but those of the sinks. */
  async #runWithoutMember({ config, kafka }: AppGround): Promise<void> {
    const parts = { ...this.#parts, config, stop: this.#stop.signal }
    if (await topicsWithoutMember(parts, kafka)) this.#sinks.begin()
    this.#memberState = 'running'
    this.#reportState()
    await untilAborted(this.#stop.signal)
  }

  /** What the next member needs of the disk. The tasks are closed. */
  async #mendState({ states, disk }: AppGround, { code, at }: MillraceError): Promise<void> {
    const taskId = at['taskId'] ?? at['task']
    if (code === 'MR_STATE_CORRUPT' && taskId !== undefined) await states.discard(String(taskId))
    if (code === 'MR_STATE_DISK_FULL' && disk !== undefined)
      await untilRoom(disk, this.#stop.signal)
  }

  /** Returns the error when the member was fenced, nothing when it was stopped. */
  async #runMember(ground: AppGround): Promise<MillraceError | undefined> {
    const { logger, topology, options, scheduler, random } = this.#parts
    try {
      const member = await createMember({
        config: ground.config,
        logger,
        topology,
        kafka: ground.kafka,
        handlers: options,
        states: ground.states,
        globalState: ground.globalState,
        disk: ground.disk === undefined ? undefined : new DiskGuard(ground.disk),
        scheduler,
        random,
        metrics: this.#metrics,
        stop: this.#stop.signal,
        onRestore: options.onRestore,
        onStandbyUpdate: options.onStandbyUpdate,
        onState: (state) => {
          this.#memberState = state
          this.#reportState()
        },
        onTopics: () => {
          this.#sinks.begin()
        },
      })
      if (member === undefined) return undefined
      this.#member = member
      await member.run()
      return undefined
    } catch (error) {
      if (MillraceError.is(error) && error.action === 'fence') return error
      if (this.#stop.signal.aborted && MillraceError.is(error) && error.action === 'retry')
        return undefined
      throw error
    } finally {
      this.#member = undefined
    }
  }

  /** A zombie is fenced once when it wakes up. Two processes of one instance id fence each other for ever. */
  #assertNotShared(
    fences: readonly { readonly code: ErrorCode; readonly atMs: number }[],
    { instanceId }: AppConfig,
    cause: MillraceError,
  ): void {
    const limit = MAX_FENCES[cause.code]
    if (limit === undefined) return
    this.#metrics.fenced++
    const since = this.#parts.scheduler.nowMs() - FENCE_WINDOW_MS
    const recent = fences.filter(({ code, atMs }) => code === cause.code && atMs > since).length
    if (recent <= limit) return
    throw new MillraceError(
      'MR_INSTANCE_ID_IN_USE',
      `Fenced ${recent} times within ${FENCE_WINDOW_MS / 1000} s: instanceId ${instanceId} seems to be in use by another process`,
      { cause, hint: 'Give each process an instanceId of its own.', at: { instanceId } },
    )
  }

  #reportState(): void {
    this.#setState(this.#sinks.haveClaimed ? this.#memberState : 'rebalancing')
  }

  #setState(state: AppState): void {
    const before = this.#state
    // Once it is closing, what the last member still does is no news.
    const isClosing = before === 'closing' && (state === 'rebalancing' || state === 'running')
    if (state === before || isClosing) return
    this.#state = state
    this.#parts.logger.info(`state: ${before} → ${state}`)
    this.#parts.options.onStateChange?.(state, before)
    if (state === 'running') this.#started.resolve(undefined)
  }
}
