import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { GroupConsumer } from '../../kafka/group-consumer.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Awaitable } from '../../base/awaitable.ts'
import type { TaskState } from '../../state/state-backend.ts'
import type { Scheduler } from '../../time/clock.ts'
import { ChangelogTail, type ChangelogTailParts } from './changelog-tail.ts'
import { type BoundsOf, changelogBounds } from './changelog-bounds.ts'
import { MemberBoard, type MemberBoardParts, type MemberStatus } from './member-board.ts'
import type { StandbyStatus } from './member-record.ts'
import { tasksOf } from './member-view.ts'
import { type Members, placeStandbys } from './placement.ts'
import type { StandbyPlan } from './standby-plan.ts'
import { StandbyTask } from './standby-task.ts'
import type { StandbyListener, SuspendReason } from './standby-update.ts'

/** How the state of a task changes hands between its standby and its active task. */
export interface StandbyHandOver {
  /**
   * The task becomes active here: ends its standby, waits for what it is applying, and gives its state as it is,
   * open. Undefined when there is none: the caller opens it, and may.
   */
  take(taskId: string): Promise<TaskState | undefined>
  /** The task is active here no longer. True: its state is a standby's from now on. False: the caller closes it. */
  give(taskId: string, state: TaskState): boolean
  /** The task is active here no longer, and its state is closed. */
  released(taskId: string): void
}

/** Opens and removes the states of tasks. Never called for one task twice at a time. */
export interface StandbyStates {
  /** @throws MillraceError as `StateBackend.open` */
  open(taskId: string, stores: readonly string[]): Awaitable<TaskState>
  /** Deletes what is kept of a task that is not open. */
  discard(taskId: string): Awaitable<void>
  /** Tasks of which something is kept on disk, open or not. */
  stored(): Awaitable<readonly string[]>
}

export interface StandbyManagerParts {
  readonly replicas: number
  readonly plans: ReadonlyMap<string, StandbyPlan>
  readonly states: StandbyStates
  readonly admin: KafkaAdmin
  /** The group's offsets: what a copy of a source's topic may hold. */
  readonly committed: GroupConsumer['committed']
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly onUpdate: StandbyListener
  readonly board: Omit<MemberBoardParts, 'status' | 'onNews'>
  readonly tail: Omit<ChangelogTailParts, 'onTaskError' | 'onReadError'>
}

/** Offsets of changelogs are asked for this often: what the lag is measured by. */
const REFRESH_MS = 3000
/** A state that could not be opened or written is tried again after this. */
const RETRY_MS = 30_000

/**
 * The standby tasks of one member: which, since when, and whose their states are.
 *
 * Semantics: {@link take} and {@link give} hand the state of a task over between its standby and its active
 * task, open as it is. All that is done to one task is done in turn, so its state has one holder at a time:
 * a task that is to become active waits until its standby has stopped, be it just being opened.
 *
 * Nothing that a standby meets ends the member: what cannot be opened, read or written is tried again later.
 */
export class StandbyManager implements StandbyHandOver {
  readonly #parts: StandbyManagerParts
  readonly #board: MemberBoard
  readonly #tail: ChangelogTail
  readonly #active = new Set<string>()
  readonly #standbys = new Map<string, StandbyTask>()
  readonly #opening = new Set<string>()
  /** By task, the end of all that was asked to be done to it. */
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #beginning = new Set<StandbyTask>()
  readonly #retryAtMs = new Map<string, number>()
  /** Copies that are not wanted here, and the heartbeat since which they are not. */
  readonly #unwanted = new Map<string, number>()
  #stored: readonly string[] = []
  #cancelTimer: () => void = () => undefined
  #isClosed = false

  constructor(parts: StandbyManagerParts) {
    this.#parts = parts
    this.#board = new MemberBoard({
      ...parts.board,
      status: () => this.#status(),
      onNews: () => {
        this.#place()
      },
    })
    this.#tail = new ChangelogTail({
      ...parts.tail,
      onTaskError: (task, error) => {
        this.#fail(task.taskId, error)
      },
      onReadError: () => {
        for (const standby of this.#standbys.values()) this.#restart(standby)
      },
    })
  }

  /** How many records each standby task is behind; without those of which it is not known yet. */
  get lags(): ReadonlyMap<string, number> {
    const known = [...this.#standbys].filter(([, { hasBegun }]) => hasBegun)
    return new Map(known.map(([taskId, { lag }]) => [taskId, lag]))
  }

  open(): void {
    this.#board.open()
    this.#scheduleRefresh(0)
  }

  async take(taskId: string): Promise<TaskState | undefined> {
    if (!this.#parts.plans.has(taskId)) return undefined
    this.#active.add(taskId)
    this.#board.announce()
    return this.#inTurn(taskId, () => this.#release(taskId, 'promoted'))
  }

  give(taskId: string, state: TaskState): boolean {
    this.released(taskId)
    const plan = this.#parts.plans.get(taskId)
    if (plan === undefined || this.#isClosed) return false
    this.#add(plan, state)
    return true
  }

  released(taskId: string): void {
    if (this.#active.delete(taskId)) this.#board.announce()
  }

  /** `isLeaving`: the others are told. Closes the states of standbys. Idempotent, and never throws for what a standby meets. */
  async close({ isLeaving }: { readonly isLeaving: boolean }): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTimer()
    await this.#closeTail()
    for (const taskId of this.#standbys.keys()) this.#end(taskId, 'closed')
    await Promise.all(this.#turns.values())
    await this.#board.close({ isLeaving })
  }

  #status(): MemberStatus {
    const standby: Record<string, StandbyStatus> = {}
    for (const taskId of this.#stored) standby[taskId] = { state: 'stored', offsets: {} }
    for (const taskId of this.#opening) standby[taskId] = { state: 'filling', offsets: {} }
    for (const [taskId, { status }] of this.#standbys) standby[taskId] = status
    const copies = Object.entries(standby).filter(([taskId]) => !this.#active.has(taskId))
    return { active: [...this.#active], standby: Object.fromEntries(copies) }
  }

  /** Does what the placement asks of this member. */
  #place(): void {
    if (this.#isClosed || !this.#board.isSettled) return
    const { plans, replicas, board } = this.#parts
    const own = tasksOf(this.#status())
    const members: Members = new Map([...this.#board.others, [board.instanceId, own]])
    for (const [taskId, copies] of placeStandbys([...plans.keys()], members, replicas)) {
      if (copies.has(board.instanceId)) this.#want(taskId)
      else if (this.#standbys.has(taskId)) this.#doWithout(taskId, copies, members)
    }
  }

  #want(taskId: string): void {
    this.#unwanted.delete(taskId)
    const { plans, scheduler } = this.#parts
    const plan = plans.get(taskId)
    if (plan === undefined || this.#standbys.has(taskId) || this.#opening.has(taskId)) return
    if (scheduler.nowMs() < (this.#retryAtMs.get(taskId) ?? 0)) return
    this.#opening.add(taskId)
    this.#board.announce()
    void this.#inTurn(taskId, () => this.#openState(plan))
  }

  /** A copy goes when those that are to be kept are warm, and only if that is no news of this moment. */
  #doWithout(taskId: string, copies: ReadonlySet<string>, members: Members): void {
    const isCovered = [...copies].every((name) => members.get(name)?.standby.get(taskId) === 'warm')
    const since = this.#unwanted.get(taskId)
    if (!isCovered) this.#unwanted.delete(taskId)
    else if (since === undefined) this.#unwanted.set(taskId, this.#board.beat)
    else if (this.#board.beat > since) this.#end(taskId, 'migrated')
  }

  async #openState(plan: StandbyPlan): Promise<void> {
    const { taskId } = plan
    try {
      // What was asked for when the turn began may not be so any more.
      if (this.#isClosed || this.#active.has(taskId) || this.#standbys.has(taskId)) return
      const state = await this.#parts.states.open(taskId, plan.stores)
      // Closed meanwhile: nobody would close it, nor could open it again.
      if (this.#hasEnded()) await this.#closeState(taskId, state)
      else this.#add(plan, state)
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      await this.#discard(taskId, error)
    } finally {
      this.#opening.delete(taskId)
    }
  }

  /** A call, since the compiler takes a field for what it was before an await. */
  #hasEnded(): boolean {
    return this.#isClosed
  }

  #add(plan: StandbyPlan, state: TaskState): void {
    const standby = new StandbyTask({
      plan,
      state,
      logger: this.#parts.logger,
      onUpdate: this.#parts.onUpdate,
    })
    this.#standbys.set(plan.taskId, standby)
    this.#unwanted.delete(plan.taskId)
    this.#board.announce()
    void this.#begin(standby)
  }

  /** Beside the turns: a task that is to become active does not wait for a broker that looks up offsets. */
  async #begin(standby: StandbyTask): Promise<void> {
    const { taskId } = standby
    if (this.#beginning.has(standby)) return
    this.#beginning.add(standby)
    const { logger } = this.#parts
    try {
      const boundsOf = await changelogBounds(this.#parts, standby.partitions)
      const positions = await standby.begin(boundsOf)
      if (positions === undefined || this.#standbys.get(taskId) !== standby) return
      this.#tail.add(standby, positions)
      logger.info('standby started', { taskId, lag: standby.lag })
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      if (standby.isBroken) this.#fail(taskId, error)
      else logger.warn(`standbys: ${error.message}; it is tried again`, { taskId, ...error.at })
    } finally {
      this.#beginning.delete(standby)
    }
  }

  #noteBounds(standby: StandbyTask, boundsOf: BoundsOf): void {
    if (this.#standbys.get(standby.taskId) !== standby) return
    if (!standby.noteBounds(boundsOf)) this.#restart(standby)
    const more = standby.takeResumed()
    if (more.length > 0) this.#tail.add(standby, more)
  }

  /** Looks anew where to read from. */
  #restart(standby: StandbyTask): void {
    standby.suspend()
    this.#tail.remove(standby)
    void this.#begin(standby)
  }

  #end(taskId: string, reason: SuspendReason): void {
    void this.#inTurn(taskId, async () => {
      const state = await this.#release(taskId, reason)
      await this.#closeState(taskId, state)
    })
  }

  #fail(taskId: string, error: MillraceError): void {
    void this.#inTurn(taskId, () => this.#discard(taskId, error))
  }

  /** Ends the standby; its state is still open. Undefined when there is none, or its state is of no use. */
  async #release(taskId: string, reason: SuspendReason): Promise<TaskState | undefined> {
    const standby = this.#standbys.get(taskId)
    if (standby === undefined) return undefined
    this.#standbys.delete(taskId)
    this.#unwanted.delete(taskId)
    this.#tail.remove(standby)
    const progress = standby.hasBegun ? { lag: standby.lag } : {}
    await standby.stop(reason)
    this.#board.announce()
    this.#parts.logger.info('standby stopped', { taskId, reason, ...progress })
    if (!standby.isBroken) return standby.state
    await this.#closeState(taskId, standby.state)
    return undefined
  }

  /** One whose state failed is begun again: from nothing when it is corrupt, later when it may be the disk. */
  async #discard(taskId: string, error: MillraceError): Promise<void> {
    const { logger, scheduler, states } = this.#parts
    const fields = { taskId, code: error.code, ...error.at }
    logger.warn(`standbys: ${error.message}; the copy is begun again`, fields)
    await this.#closeState(taskId, await this.#release(taskId, 'failed'))
    try {
      if (error.code === 'MR_STATE_CORRUPT' && !this.#active.has(taskId))
        await states.discard(taskId)
      else this.#retryAtMs.set(taskId, scheduler.nowMs() + RETRY_MS)
    } catch (discarding) {
      if (!MillraceError.is(discarding)) throw discarding
      this.#retryAtMs.set(taskId, scheduler.nowMs() + RETRY_MS)
    }
  }

  async #closeState(taskId: string, state: TaskState | undefined): Promise<void> {
    try {
      await state?.close()
    } catch (error) {
      this.#parts.logger.warn('the state of a standby failed to close', { taskId, error })
    }
  }

  async #closeTail(): Promise<void> {
    try {
      await this.#tail.close()
    } catch (error) {
      this.#parts.logger.warn('a client failed to close', { error })
    }
  }

  /** After everything that was asked of this task before. */
  #inTurn<T>(taskId: string, body: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(taskId) ?? Promise.resolve()
    const result = before.then(body)
    const turn = result.then(
      () => undefined,
      () => undefined, // Told to who asked for it.
    )
    this.#turns.set(taskId, turn)
    return result
  }

  #scheduleRefresh(delayMs: number): void {
    this.#cancelTimer = this.#parts.scheduler.setTimer(delayMs, () => {
      void this.#refresh().then(() => {
        if (!this.#isClosed) this.#scheduleRefresh(REFRESH_MS)
      })
    })
  }

  async #refresh(): Promise<void> {
    const { states, logger } = this.#parts
    const begun = [...this.#standbys.values()].filter(({ hasBegun }) => hasBegun)
    try {
      this.#stored = (await states.stored()).filter((taskId) => this.#parts.plans.has(taskId))
      const partitions = begun.flatMap((standby) => standby.partitions)
      const boundsOf = await changelogBounds(this.#parts, partitions)
      for (const standby of begun) this.#noteBounds(standby, boundsOf)
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      logger.debug('standbys: could not look up how far the changelogs are', { error })
    }
    if (this.#isClosed) return
    for (const standby of this.#standbys.values()) {
      if (!standby.hasBegun) void this.#begin(standby)
    }
    this.#place()
  }
}
