import { Backoff } from '../base/backoff.ts'
import type { AppConfig } from '../config/app-config.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { GroupConsumer, RebalanceEvent } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import type { Scheduler } from '../time/clock.ts'
import type { Committer } from './committer.ts'
import type { DiskGuard } from './disk-guard.ts'
import type { MemberGlobalStores } from './global/create-global-stores.ts'
import type { IdleWatch } from './idle-watch.ts'
import { InputBuffer } from './input-buffer.ts'
import { Poller } from './poller.ts'
import type { RepartitionPurger } from './repartition-purger.ts'
import type { Restorer } from './restorer.ts'
import type { Task } from './task.ts'
import type { TaskManager } from './task-manager.ts'
import type { AppMetrics } from './task-metrics.ts'
import type { TaskStates } from './task-states.ts'
import type { TopicWatch } from './topic-watch.ts'
import type { Wakeup } from './wakeup.ts'

export interface MemberParts {
  readonly config: AppConfig
  readonly consumer: GroupConsumer
  readonly committer: Committer
  readonly tasks: TaskManager
  readonly restorer: Restorer
  readonly purger: RepartitionPurger
  readonly topicWatch: TopicWatch
  readonly idleWatch: IdleWatch
  readonly states: TaskStates
  readonly globalStores: Pick<MemberGlobalStores, 'check'>
  /** False for a topology of nothing but global stores: the group has nothing to give to its members. */
  readonly hasTasks: boolean
  /** Undefined when nothing is on disk. */
  readonly disk: DiskGuard | undefined
  readonly wakeup: Wakeup
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: AppMetrics
  readonly onState: (state: 'rebalancing' | 'running') => void
  /** Aborted when the app is to stop. */
  readonly stop: AbortSignal
}

/** How long the loop processes before it lets timers and I/O have a turn. */
const SLICE_MS = 15
/** Records a task takes before another has its turn, and before the clock is looked at. */
const TASK_TURN_RECORDS = 128
/** While more records than this wait to be processed, the next poll can wait too. */
const BACKLOG_RECORDS = 8192
/** Offsets of topics that a group does not subscribe to expire on the broker: renewed well before. */
const RENEW_OFFSETS_MS = 30 * 60_000
const LONGEST_WAIT_MS = 100

/**
 * One life of this process in the group: one consumer, one producer, its tasks, one loop.
 *
 * Semantics: each turn answers rebalances, takes what the poll gave, processes, commits when due.
 * - An error with the action 'abort' or 'retry' aborts the transaction, rolls every task back to the last commit,
 *   seeks there, and goes on. A stale group generation is one of these: the member may have kept its
 *   partitions.
 * - 'fence' ends this member: the app starts another, with a new producer.
 * - 'fail' aborts, and ends the app.
 *
 * Invariants:
 * - Before a revoked task is given back its transaction is committed; if the assignment was lost
 *   already, the transaction is aborted, since another member may have read the task's offsets.
 * - Nothing is processed between the preparation of a commit and its end.
 */
export class Member {
  readonly #parts: MemberParts
  readonly #poller: Poller
  readonly #buffer: InputBuffer
  readonly #abortBackoff: Backoff
  #lastCommitMs: number
  #lastRenewalMs: number
  #lastPollMs: number
  #nextTask = 0
  /** The event whose answer is under way, or has failed. */
  #unanswered: RebalanceEvent | undefined
  /** True once the group has answered, be it with no partition at all. */
  #isMember = false

  constructor(parts: MemberParts) {
    this.#parts = parts
    this.#isMember = !parts.hasTasks
    this.#abortBackoff = new Backoff(20, 2000, parts.random)
    this.#poller = new Poller(parts.consumer, parts.wakeup)
    this.#buffer = new InputBuffer(parts.config.inputBufferMaxBytes)
    const now = parts.scheduler.nowMs()
    this.#lastCommitMs = now
    this.#lastRenewalMs = now
    this.#lastPollMs = now
  }

  /**
   * Runs until the app is to stop, then commits, closes the tasks and leaves the group.
   * @throws MillraceError with the action 'fence' or 'fail'; the tasks are closed then, uncommitted.
   */
  async run(): Promise<void> {
    const { stop, tasks, logger } = this.#parts
    try {
      while (!stop.aborted) await this.#guarded(() => this.#turn())
      await this.#lastCommit()
    } catch (error) {
      await this.#abortQuietly()
      throw error
    } finally {
      await this.#poller.settle()
      await tasks.closeAll()
      await this.#closeClients()
      logger.debug('the member has left', { clientId: this.#parts.config.clientId })
    }
  }

  async #turn(): Promise<void> {
    await this.#answerRebalances()
    this.#startPoll()
    await this.#parts.wakeup.wait(this.#waitMs())
    if (await this.#receive()) this.#startPoll()
    await this.#parts.tasks.startRestored()
    this.#parts.topicWatch.check()
    this.#parts.globalStores.check()
    this.#parts.states.check()
    this.#reportState()
    if (!(await this.#isHeldUp())) {
      await this.#process()
      await this.#punctuate()
      await this.#goOnIdle()
      if (this.#isCommitDue() && (await this.#hasRoom())) {
        await this.#commit({ isPollingAhead: true })
      }
    }
    this.#buffer.adjust(this.#parts.tasks.running, this.#parts.consumer)
  }

  async #guarded(turn: () => Promise<void>): Promise<void> {
    try {
      await turn()
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      // A record may be half done: what can be tried again is tried from the last commit.
      const canGoOn = error.action === 'abort' || error.action === 'retry'
      if (!canGoOn || (error.action === 'retry' && this.#parts.stop.aborted)) throw error
      await this.#abort(error)
    }
  }

  #startPoll(): void {
    const { scheduler, config, tasks, hasTasks } = this.#parts
    if (!hasTasks) return
    const now = scheduler.nowMs()
    const backlog = tasks.running.reduce(
      (sum, task) => sum + (task.isProcessable() ? task.inputs.bufferedRecords : 0),
      0,
    )
    const isOverdue = now - this.#lastPollMs > config.maxPollIntervalMs / 3
    if (backlog > BACKLOG_RECORDS && !isOverdue && !this.#isFull) return
    this.#lastPollMs = now
    this.#poller.start()
  }

  /** Hands what the poll gave to the tasks. A broker that is away is waited for: nothing was read. */
  async #receive(): Promise<boolean> {
    let hasReceived = false
    try {
      for (let batch = this.#poller.take(); batch !== undefined; batch = this.#poller.take()) {
        this.#parts.metrics.recordsConsumed += batch.records.length
        this.#parts.tasks.route(batch)
        hasReceived = true
      }
      return hasReceived
    } catch (error) {
      if (!MillraceError.is(error) || error.action !== 'retry')
        throw await this.#parts.tasks.explainPollError(error)
      await this.#pauseAfter(error)
      return hasReceived
    }
  }

  #waitMs(): number {
    const { tasks, scheduler, config } = this.#parts
    const now = scheduler.nowMs()
    let due = now + LONGEST_WAIT_MS
    if (this.#isFull) return LONGEST_WAIT_MS
    let needsCommit = false
    for (const task of tasks.running) {
      if (task.isProcessable()) return 0
      due = Math.min(due, task.nextWallClockPunctuationMs)
      needsCommit ||= task.needsCommit
    }
    if (needsCommit) due = Math.min(due, this.#lastCommitMs + config.commitIntervalMs)
    return this.#poller.hasResult ? 0 : due - now
  }

  async #process(): Promise<void> {
    const { tasks, committer, scheduler } = this.#parts
    const ready = tasks.running.filter((task) => task.isProcessable())
    if (ready.length === 0) return
    await committer.begin()
    const endMs = scheduler.nowMs() + SLICE_MS
    let progress = true
    while (progress && !this.#mustCommitNow(ready)) {
      progress = false
      for (let i = 0; i < ready.length; i++) {
        const task = ready[this.#nextTask++ % ready.length]
        const processed = task?.process(TASK_TURN_RECORDS) ?? 0
        const count = typeof processed === 'number' ? processed : await processed
        if (count > 0) progress = true
      }
      if (scheduler.nowMs() >= endMs) return
    }
  }

  async #punctuate(): Promise<void> {
    const { tasks, committer, scheduler } = this.#parts
    const now = scheduler.nowMs()
    const due = tasks.running.filter((task) => task.nextWallClockPunctuationMs <= now)
    if (due.length === 0) return
    await committer.begin()
    for (const task of due) await task.punctuateWallClock()
  }

  /** Event time goes on in tasks whose inputs are idle. */
  async #goOnIdle(): Promise<void> {
    const { tasks, committer, idleWatch } = this.#parts
    idleWatch.check(tasks.running)
    const due = idleWatch.take(tasks.running)
    if (due.length === 0) return
    await committer.begin()
    for (const { task, step } of due) await task.goOnIdle(step)
  }

  #mustCommitNow(tasks: readonly Task[]): boolean {
    let bytes = 0
    for (const task of tasks) {
      if (task.commitRequested) return true
      bytes += task.uncommittedBytes
    }
    return bytes >= this.#parts.config.maxUncommittedBytes
  }

  get #uncommittedBytes(): number {
    return this.#parts.tasks.running.reduce((sum, task) => sum + task.uncommittedBytes, 0)
  }

  get #isFull(): boolean {
    return this.#parts.disk?.fullForMs !== undefined
  }

  /** Whether the disk can take what is about to be committed. Inputs stand still while it cannot. */
  async #hasRoom(): Promise<boolean> {
    const { disk, tasks, consumer } = this.#parts
    if (disk === undefined) return true
    const wasFull = this.#isFull
    const hasRoom = await disk.hasRoom(this.#uncommittedBytes)
    if (hasRoom === !wasFull) return hasRoom
    const inputs = tasks.running.flatMap((task) => task.inputs.partitions)
    if (hasRoom) {
      this.#buffer.reset(tasks.running, consumer)
      consumer.resume(inputs)
    } else consumer.pause(inputs)
    return hasRoom
  }

  /** True while the disk is full: nothing is processed, but the member stays in its group. */
  async #isHeldUp(): Promise<boolean> {
    if (!this.#isFull || (await this.#hasRoom())) return false
    const { config, tasks, disk } = this.#parts
    const isTransactional = config.processingGuarantee === 'exactly_once_v2'
    const isLate = (disk?.fullForMs ?? 0) > config.transactionTimeoutMs / 2
    // Readers of the output wait for it, and the broker would abort it anyway.
    if (isTransactional && isLate && tasks.running.some((task) => task.needsCommit)) throw givenUp()
    return true
  }

  #isCommitDue(): boolean {
    const { tasks, scheduler, config } = this.#parts
    const now = scheduler.nowMs()
    const running = tasks.running
    if (running.length === 0) return false
    if (now - this.#lastRenewalMs >= RENEW_OFFSETS_MS) return true
    if (!running.some((task) => task.needsCommit)) return false
    return now - this.#lastCommitMs >= config.commitIntervalMs || this.#mustCommitNow(running)
  }

  /** `isPollingAhead`: not where partitions are given back afterwards, of which nothing may be polled any more. */
  async #commit({ isPollingAhead } = { isPollingAhead: false }): Promise<void> {
    const { tasks, committer, consumer, scheduler, metrics, purger } = this.#parts
    const running = tasks.running
    const isRenewal = scheduler.nowMs() - this.#lastRenewalMs >= RENEW_OFFSETS_MS
    await committer.begin()
    for (const task of running) await task.prepareCommit()
    const bytes = this.#uncommittedBytes
    const offsets = running.flatMap((task) => task.offsetsToCommit(isRenewal))
    const records = running.reduce((sum, task) => sum + task.collector.records, 0)
    const commit = committer.commit(offsets, consumer)
    await (isPollingAhead ? this.#poller.pollWhile(commit) : commit)
    // One that fails leaves its state, and those of the tasks after it, behind their changelogs: the
    // member ends, and its next life reads the difference.
    for (const task of running) await task.committed(committer.commitMarkers)
    this.#parts.disk?.wrote(bytes)
    metrics.commits++
    metrics.recordsProduced += records
    this.#lastCommitMs = scheduler.nowMs()
    if (isRenewal) this.#lastRenewalMs = this.#lastCommitMs
    this.#abortBackoff.reset()
    purger.committed(offsets)
  }

  async #abort(reason: MillraceError): Promise<void> {
    const { committer, logger, metrics, tasks, consumer, scheduler, stop } = this.#parts
    metrics.aborts++
    logger.warn(`aborting the transaction: ${reason.message}; going back to the last commit`, {
      code: reason.code,
      ...reason.at,
      cause: reason.cause,
    })
    await this.#poller.settle()
    this.#discardPolled()
    await committer.abort()
    await this.#dropLost()
    await tasks.rollback()
    this.#buffer.reset(tasks.running, consumer)
    this.#lastCommitMs = scheduler.nowMs()
    // Until the group has told what became of this member, the next commit would fail just so.
    if (!stop.aborted) await this.#parts.wakeup.wait(this.#abortBackoff.nextMs())
  }

  /** What was polled before an abort comes again after the seek. */
  #discardPolled(): void {
    try {
      while (this.#poller.take() !== undefined);
    } catch (error) {
      this.#parts.logger.debug('a poll failed before an abort', { error })
    }
  }

  /** Tasks that were lost while the transaction ran must not be rolled back into use: others own them. */
  async #dropLost(): Promise<void> {
    for (let event = this.#nextRebalance(); event !== undefined; event = this.#nextRebalance()) {
      await this.#answer(event, false)
    }
  }

  async #answerRebalances(): Promise<void> {
    for (let event = this.#nextRebalance(); event !== undefined; event = this.#nextRebalance()) {
      await this.#poller.settle()
      await this.#receive()
      await this.#answer(event, true)
    }
  }

  /** An answer that failed is given again: the group waits for it. */
  #nextRebalance(): RebalanceEvent | undefined {
    this.#unanswered ??= this.#parts.consumer.takeRebalance()
    return this.#unanswered
  }

  async #answer(event: RebalanceEvent, mayCommit: boolean): Promise<void> {
    const { tasks, consumer, metrics, logger, onState } = this.#parts
    const partitions = event.partitions.map(({ topic, partition }) => `${topic}-${partition}`)
    logger.info(`partitions ${event.kind}`, {
      partitions,
      ...(event.kind === 'revoked' ? { lost: event.lost } : {}),
    })
    metrics.rebalances++
    if (event.kind === 'assigned') {
      if (partitions.length > 0) onState('rebalancing')
      await tasks.assign(event.partitions)
      this.#unanswered = undefined
      this.#isMember = true
      return
    }
    if (event.lost) this.#isMember = false
    const affected = tasks.ledBy(event.partitions)
    const isCommitNeeded = mayCommit && tasks.running.some((task) => task.needsCommit)
    if (event.lost) await this.#giveUp(affected, event)
    else {
      try {
        if (isCommitNeeded) {
          if (!(await this.#hasRoom())) throw givenUp()
          await this.#commit()
        }
      } catch (error) {
        if (!MillraceError.is(error) || error.action !== 'abort') throw error
        await this.#giveUp(affected, event, error)
        return
      }
      await consumer.unassign([...(await tasks.close(affected)), ...event.partitions])
      this.#unanswered = undefined
    }
  }

  /** Closes tasks whose work cannot be committed; the work of the others goes back with the transaction. */
  async #giveUp(
    affected: readonly Task[],
    event: RebalanceEvent,
    reason: MillraceError = new MillraceError('MR_STALE_GENERATION', 'The assignment was lost'),
  ): Promise<void> {
    const { tasks, consumer, committer } = this.#parts
    const inputs = await tasks.close(affected)
    await consumer.unassign([...inputs, ...event.partitions])
    this.#unanswered = undefined
    if (tasks.running.length > 0) await this.#abort(reason)
    else await committer.abort()
  }

  async #pauseAfter(error: MillraceError): Promise<void> {
    this.#parts.logger.warn(`${error.message}; going on when it is back`, {
      code: error.code,
      ...error.at,
    })
    await this.#parts.wakeup.wait(LONGEST_WAIT_MS)
  }

  #reportState(): void {
    const { tasks, onState } = this.#parts
    if (this.#isMember && !tasks.isRestoring) onState('running')
  }

  async #lastCommit(): Promise<void> {
    const { tasks } = this.#parts
    if (!tasks.running.some((task) => task.needsCommit)) return
    if (await this.#hasRoom()) await this.#guarded(() => this.#commit())
    else await this.#abortQuietly()
  }

  /** The error that ends this member is the one to tell; one of the clean-up is its consequence. */
  async #abortQuietly(): Promise<void> {
    try {
      await this.#parts.committer.abort()
    } catch (error) {
      this.#parts.logger.debug('the abort failed as well', { error })
    }
  }

  async #closeClients(): Promise<void> {
    const { restorer, consumer, committer, logger } = this.#parts
    for (const client of [restorer, consumer, committer]) {
      try {
        await client.close()
      } catch (error) {
        logger.warn('a client failed to close', { error })
      }
    }
  }
}

function givenUp(): MillraceError {
  return new MillraceError(
    'MR_TRANSACTION_ABORTED',
    'The transaction is given up: the disk of the state is full',
    { hint: 'Make room on the disk; the records since the last commit are processed again.' },
  )
}
