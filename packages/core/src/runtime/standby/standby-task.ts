import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { ChangelogPosition, TaskState } from '../../state/state-backend.ts'
import { restoreStart } from '../restore-start.ts'
import type { BoundsOf, ChangelogPartition } from './changelog-bounds.ts'
import type { StandbyStatus } from './member-record.ts'
import type { StandbyPlan, StandbyStore } from './standby-plan.ts'
import type { StandbyListener, StandbyProgress, SuspendReason } from './standby-update.ts'

/** Records behind the changelog's end up to which a copy is as good as warm (Kafka Streams: `acceptable.recovery.lag`). */
const WARM_LAG = 10_000

export interface StandbyTaskParts {
  readonly plan: StandbyPlan
  readonly state: TaskState
  readonly logger: Logger
  readonly onUpdate: StandbyListener
}

interface Tailed extends StandbyStore {
  topicId: string
  /** The offset to go on from: beyond commit markers, which the state's own position may be before. */
  position: number
  /** Of a source's topic: its committed offset, beyond which nothing is of the state. */
  end: number
  /** A topic of a source is not read beyond its committed offset. */
  isRead: boolean
}

/**
 * A copy of a task that is active elsewhere, which follows its changelogs.
 *
 * Semantics: {@link apply} takes committed records in order and notes positions with them, in one step, as a
 * restore does. After {@link stop} nothing is applied any more, and the state belongs to whoever asked.
 *
 * Why it is safe that nobody agrees on who has copies: a copy reads committed records only, and is not
 * read by anything that is produced. Whoever becomes the active task restores from the state's position to
 * the changelog's end, so it does not matter how far the copy was, nor what was applied twice.
 */
export class StandbyTask {
  readonly taskId: string
  readonly state: TaskState
  readonly #tailed = new Map<string, Tailed>()
  readonly #logger: Logger
  readonly #onUpdate: StandbyListener
  #turn: Promise<void> = Promise.resolve()
  #isStopped = false
  #isBroken = false
  #isWarm = false
  #hasBegun = false

  constructor({ plan, state, logger, onUpdate }: StandbyTaskParts) {
    this.taskId = plan.taskId
    this.state = state
    this.#logger = logger
    this.#onUpdate = onUpdate
    for (const store of plan.logged) {
      const { offset = 0, topicId = '' } = state.position(store.builder.name) ?? {}
      const tailed = { ...store, topicId, position: offset, end: Infinity, isRead: true }
      this.#tailed.set(store.topic, tailed)
    }
  }

  /** True once it is known where to read from. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** The state refused a write: it must be opened anew. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  get #isFollowing(): boolean {
    return this.#hasBegun && !this.#isStopped
  }

  get partitions(): readonly ChangelogPartition[] {
    return [...this.#tailed.values()].map(({ topic, partition, isSource }) => ({
      topic,
      partition,
      isSource,
    }))
  }

  /** Records behind the changelogs' ends as they were last heard of; infinite before. */
  get lag(): number {
    let lag = 0
    for (const { position, end } of this.#tailed.values()) lag += Math.max(0, end - position)
    return lag
  }

  get status(): StandbyStatus {
    const offsets: Record<string, number> = {}
    for (const { builder, position } of this.#tailed.values()) offsets[builder.name] = position
    return { state: this.#isWarm ? 'warm' : 'filling', offsets }
  }

  /**
   * Decides where to read from; a store that does not fit its changelog is emptied. Call it again when the
   * log has changed, with nothing being read. Undefined when a changelog is not there, or the task was stopped.
   * @throws MillraceError of the state, which must be opened anew then.
   */
  begin(boundsOf: BoundsOf): Promise<readonly TopicPartitionOffset[] | undefined> {
    return this.#inTurn(() => this.#begin(boundsOf))
  }

  /**
   * What is read from now on is not applied, until {@link begin} was called again: the changelog's extent
   * that is looked up for it must not be older than what the state holds.
   */
  suspend(): void {
    this.#hasBegun = false
  }

  /**
   * Applies the next records of one changelog, in offset order. False when it is not to be read any further
   * for now: a source's topic beyond its committed offset. {@link takeResumed} says when it is again.
   * @throws MillraceError of the state, which must be opened anew then.
   */
  async apply(topic: string, records: readonly ConsumedRecord[]): Promise<boolean> {
    const tailed = this.#tailed.get(topic)
    if (tailed === undefined) return true
    await this.#inTurn(async () => {
      const fresh = records.filter(({ offset }) => offset >= tailed.position)
      const next = (fresh.at(-1)?.offset ?? -1) + 1
      if (!this.#isFollowing || next === 0 || !tailed.isRead) return
      if (!tailed.isSource || next <= tailed.end) {
        await this.#apply(tailed, fresh, next)
        return
      }
      tailed.isRead = false
      const committed = fresh.filter(({ offset }) => offset < tailed.end)
      await this.#apply(tailed, committed, Math.max(tailed.position, tailed.end))
    })
    return tailed.isRead
  }

  /** The reader is at the end of committed data, beyond markers. */
  reachedEnd(topic: string, offset: number): void {
    const tailed = this.#tailed.get(topic)
    if (tailed === undefined || !this.#isFollowing) return
    if (tailed.isSource) {
      tailed.position = Math.max(tailed.position, Math.min(offset, tailed.end))
      this.#noteWarmth()
      return
    }
    tailed.position = Math.max(tailed.position, offset)
    this.#noteEnd(tailed, Math.max(tailed.position, Number.isFinite(tailed.end) ? tailed.end : 0))
  }

  /** What the cluster says of the changelogs now. False when one of them is not the one that was followed. */
  noteBounds(boundsOf: BoundsOf): boolean {
    for (const tailed of this.#tailed.values()) {
      const bounds = boundsOf(tailed.topic, tailed.partition)
      if (bounds === undefined) continue
      if (bounds.topicId !== tailed.topicId || bounds.first > tailed.position) return false
      this.#noteEnd(tailed, bounds.end)
    }
    return true
  }

  /** Where to go on reading what was not read any further, since more of it is committed now. */
  takeResumed(): readonly TopicPartitionOffset[] {
    const resumed: TopicPartitionOffset[] = []
    if (!this.#isFollowing) return resumed
    for (const tailed of this.#tailed.values()) {
      const { topic, partition, position: offset, end, isRead } = tailed
      if (isRead || offset >= end) continue
      tailed.isRead = true
      resumed.push({ topic, partition, offset })
    }
    return resumed
  }

  /**
   * Ends it: waits for what is being applied, and notes how far it has read, so that a restore begins there.
   * The state stays open, and is the caller's. Never throws: the state's own position is always good.
   */
  async stop(reason: SuspendReason): Promise<void> {
    this.#isStopped = true
    await this.#turn
    if (!this.#hasBegun) return
    if (!this.#isBroken) await this.#notePositions()
    for (const tailed of this.#tailed.values()) this.#report(tailed, { phase: 'suspended', reason })
  }

  async #notePositions(): Promise<void> {
    const moved = [...this.#tailed.values()].filter(({ builder, position }) => {
      return (this.state.position(builder.name)?.offset ?? 0) < position
    })
    if (moved.length === 0) return
    try {
      await this.state.apply([], positionsOf(moved))
    } catch {
      // What is there is before some commit markers: they are read once more. The state says so to its next user.
      this.#isBroken = true
    }
  }

  /** One at a time: what is under way is what stop() waits for. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(body)
    this.#turn = result.then(
      () => undefined,
      () => {
        this.#isBroken = true
      },
    )
    return result
  }

  async #begin(boundsOf: BoundsOf): Promise<readonly TopicPartitionOffset[] | undefined> {
    if (this.#isStopped) return undefined
    const positions: TopicPartitionOffset[] = []
    for (const tailed of this.#tailed.values()) {
      const { taskId, state } = this
      const { builder, topic, partition } = tailed
      const bounds = boundsOf(topic, partition)
      if (bounds === undefined) return undefined
      const store = { taskId, state, store: builder.name, topic }
      const offset = await restoreStart(store, bounds, this.#logger)
      const isRead = bounds.isSource !== true || offset < bounds.end
      Object.assign(tailed, { topicId: bounds.topicId, end: bounds.end, position: offset, isRead })
      if (isRead) positions.push({ topic, partition, offset })
    }
    this.#hasBegun = true
    this.#noteWarmth()
    for (const tailed of this.#tailed.values()) this.#report(tailed, { phase: 'start' })
    return positions
  }

  async #apply(tailed: Tailed, records: readonly ConsumedRecord[], next: number): Promise<void> {
    const { topicId, builder } = tailed
    const positions = new Map([[builder.name, { offset: next, topicId }]])
    const { name } = builder
    const batch = { store: name, ...tailed.reader.restore(records, this.state.entries(name)) }
    await this.state.apply([batch], positions)
    tailed.position = next
    tailed.end = Math.max(tailed.end, next)
    this.#noteWarmth()
    this.#report(tailed, { phase: 'batch', records: records.length })
  }

  #noteEnd(tailed: Tailed, end: number): void {
    tailed.end = end
    this.#noteWarmth()
  }

  /** For good: a copy that falls behind is still better than one that begins. */
  #noteWarmth(): void {
    this.#isWarm ||= this.#hasBegun && this.lag <= WARM_LAG
  }

  #report(
    { builder, topic, partition, position, end }: Tailed,
    news: Pick<StandbyProgress, 'phase' | 'reason'> & { readonly records?: number },
  ): void {
    const { taskId } = this
    const store = builder.name
    this.#onUpdate({ records: 0, ...news, taskId, store, topic, partition, position, end })
  }
}

function positionsOf(tailed: readonly Tailed[]): ReadonlyMap<string, ChangelogPosition> {
  return new Map(
    tailed.map(({ builder, position, topicId }) => [builder.name, { offset: position, topicId }]),
  )
}
