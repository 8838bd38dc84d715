import { MillraceError } from '../../errors/millrace-error.ts'
import type { CommitOffset, GroupConsumer } from '../../kafka/group-consumer.ts'
import type { Logger } from '../../observe/logger.ts'
import type { SinkTier } from '../../sink/sink.ts'
import type { Clock } from '../../time/clock.ts'
import type { RepartitionPurger } from '../repartition-purger.ts'
import type { PartitionPipeline } from './partition-pipeline.ts'
import { sinkOffsetMetadata } from './sink-start.ts'

export interface SinkOffsetsParts {
  readonly consumer: Pick<GroupConsumer, 'commit'>
  readonly purger: Pick<RepartitionPurger, 'committed'>
  readonly tier: SinkTier
  readonly clock: Clock
  readonly logger: Logger
}

type Acked = Pick<
  PartitionPipeline,
  'topic' | 'partition' | 'ackedPosition' | 'storedPosition' | 'start'
>

/** What a target without positions got since the last commit is repeated after a crash. */
const REPEATED_MS = 200
/** Where a target keeps positions a commit only tells others how far it is, and frees internal topics. */
const INFORMED_MS = 1000

/** Keeps the offsets of a sink's group behind what the target has acknowledged. */
export class SinkOffsets {
  readonly #parts: SinkOffsetsParts
  readonly #intervalMs: number
  readonly #committed = new WeakMap<Acked, number>()
  #lastMs: number
  #underWay: Promise<void> | undefined
  #failure: MillraceError | undefined

  constructor(parts: SinkOffsetsParts) {
    this.#parts = parts
    this.#intervalMs = parts.tier === 'transactional' ? INFORMED_MS : REPEATED_MS
    this.#lastMs = parts.clock.nowMs()
  }

  /**
   * Commits beside the caller when it is time.
   * @throws MillraceError when a commit before has failed with what only a person can mend
   */
  commitWhenDue(pipelines: readonly Acked[]): void {
    if (this.#failure !== undefined) throw this.#failure
    const now = this.#parts.clock.nowMs()
    if (this.#underWay !== undefined || now - this.#lastMs < this.#intervalMs) return
    void this.commit(pipelines)
  }

  /** Commits what is acknowledged; waits for a commit under way before. Does not reject: see {@link commitWhenDue}. */
  async commit(pipelines: readonly Acked[]): Promise<void> {
    await this.#underWay
    const due = pipelines.filter((one) => this.#isDue(one))
    this.#lastMs = this.#parts.clock.nowMs()
    // A purge may be due of what was committed before.
    if (due.length === 0) this.#parts.purger.committed([])
    if (due.length === 0) return
    this.#underWay = this.#commit(due)
    await this.#underWay
  }

  #isDue(one: Acked): boolean {
    const { ackedPosition, start } = one
    if (ackedPosition === undefined) return false
    // The first offset is committed as well: a reset policy would go elsewhere after a restart. And so is one in
    // the place of another that the log does not hold.
    const isKept = start?.committed === start?.initialOffset
    const before = this.#committed.get(one) ?? (isKept ? start?.committed : undefined)
    return before === undefined || ackedPosition > before
  }

  async #commit(pipelines: readonly Acked[]): Promise<void> {
    const { consumer, purger, logger } = this.#parts
    const offsets = pipelines.map((one): CommitOffset => {
      const { topic, partition, ackedPosition = 0, storedPosition = 0 } = one
      const metadata = sinkOffsetMetadata(storedPosition)
      return { topic, partition, offset: ackedPosition, metadata }
    })
    try {
      await consumer.commit(offsets)
      pipelines.forEach((one, i) => this.#committed.set(one, offsets[i]?.offset ?? 0))
      purger.committed(offsets)
    } catch (error) {
      // The next one commits more: nothing is lost with this one.
      if (MillraceError.is(error) && (error.action === 'retry' || error.action === 'abort')) {
        logger.debug('committing the offsets of a sink failed; the next commit takes them along', {
          error,
        })
      } else this.#failure = error as MillraceError // The port rejects with a MillraceError.
    } finally {
      this.#underWay = undefined
    }
  }
}
