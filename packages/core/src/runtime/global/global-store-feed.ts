import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { Clock } from '../../time/clock.ts'
import type { RestoreListener, RestoreProgress } from '../restorer.ts'
import { type GlobalExtent, misfit } from './global-extents.ts'
import { GLOBAL_TASK_ID, type GlobalStoreTask } from './global-store-task.ts'

export interface GlobalStoreFeedParts {
  readonly task: GlobalStoreTask
  readonly extent: GlobalExtent
  readonly scheduler: Clock
  readonly onProgress: RestoreListener
}

/**
 * One partition of a global topic, on its way into the store. It is loaded when its position is where the last
 * stable offset was at the beginning; the last offsets may be commit markers, which never come as records.
 */
export class GlobalStoreFeed implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly #parts: GlobalStoreFeedParts
  readonly #from: number
  readonly #loadEnd: number
  readonly #startMs: number
  /** The offset to go on from: beyond commit markers. */
  #position: number
  #end: number
  #loaded = 0
  #loadedBytes = 0
  #isLoaded: boolean

  constructor(parts: GlobalStoreFeedParts) {
    const { task, extent, scheduler } = parts
    this.#parts = parts
    this.topic = extent.topic
    this.partition = extent.partition
    this.#from = task.position(extent.partition)?.offset ?? extent.first
    this.#position = this.#from
    this.#end = extent.stableEnd
    this.#loadEnd = extent.stableEnd
    this.#startMs = scheduler.nowMs()
    this.#isLoaded = this.#from >= this.#loadEnd
    if (!this.#isLoaded) this.#report('start')
  }

  /** Why the store cannot go on from its position in this partition; undefined when it can, or has none. */
  static misfit(task: GlobalStoreTask, extent: GlobalExtent): string | undefined {
    const position = task.position(extent.partition)
    return position === undefined ? undefined : misfit(position, extent)
  }

  get position(): number {
    return this.#position
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  /** Records between the position and the end that was last heard of. */
  get remaining(): number {
    return Math.max(0, this.#end - this.#position)
  }

  /** @throws MillraceError as {@link GlobalStoreTask.apply} */
  async apply(records: readonly ConsumedRecord[]): Promise<void> {
    const fresh = records.filter(({ offset }) => offset >= this.#position)
    const last = fresh.at(-1)
    if (last === undefined) return
    await this.#moveTo(last.offset + 1, fresh)
    if (this.#isLoaded) return
    this.#loaded += fresh.length
    for (const { key, value } of fresh)
      this.#loadedBytes += (key?.length ?? 0) + (value?.length ?? 0)
    this.#report('batch')
    this.#noteLoaded()
  }

  /** The reader is at the end of committed data, beyond markers. */
  async reachedEnd(offset: number): Promise<void> {
    this.#end = Math.max(this.#end, offset)
    if (offset > this.#position) await this.#moveTo(offset, [])
    this.#noteLoaded()
  }

  /** What the cluster says of the partition now. Gives why the store does not fit it any more. */
  noteExtent(extent: GlobalExtent): string | undefined {
    const { topicId } = this.#parts.extent
    this.#end = Math.max(this.#position, extent.stableEnd)
    return misfit({ offset: this.#position, topicId }, extent)
  }

  /** The store is given up; what it holds stays. */
  end(): void {
    if (!this.#isLoaded) this.#report('suspended')
  }

  async #moveTo(offset: number, records: readonly ConsumedRecord[]): Promise<void> {
    const { task, extent } = this.#parts
    const { topicId } = extent
    await task.apply(records, new Map([[this.partition, { offset, topicId }]]))
    this.#position = offset
    this.#end = Math.max(this.#end, offset)
  }

  #noteLoaded(): void {
    if (this.#isLoaded || this.#position < this.#loadEnd) return
    this.#isLoaded = true
    this.#report('end')
  }

  #report(phase: RestoreProgress['phase']): void {
    const { task, scheduler, onProgress } = this.#parts
    onProgress({
      taskId: GLOBAL_TASK_ID,
      store: task.storeName,
      topic: this.topic,
      partition: this.partition,
      restored: this.#loaded,
      total: this.#loadEnd - this.#from,
      restoredBytes: this.#loadedBytes,
      remaining: Math.max(0, this.#loadEnd - this.#position),
      elapsedMs: scheduler.nowMs() - this.#startMs,
      phase,
    })
  }
}
