import type { Logger } from '../observe/logger.ts'

/**
 * Notices that a broker will forget changelog records which a restore needs.
 *
 * Why: the broker takes the event time of a changelog record for its age. Retention and compaction lag are
 * by its clock, those of the store by stream time. They agree while event time is about now. In a backfill
 * of old events it is not: with `delete` records are gone before their windows have expired, with
 * `compact` older versions before the history has.
 */
export class ChangelogAge {
  readonly #store: string
  readonly #limit: Limit
  readonly #logger: Logger
  #isTold = false

  /** Undefined when the broker keeps the records whatever their age. */
  static of(
    store: string,
    topicConfig: Readonly<Record<string, string>>,
    logger: Logger,
  ): ChangelogAge | undefined {
    const limit = limitOf(topicConfig)
    return limit === undefined ? undefined : new ChangelogAge(store, limit, logger)
  }

  private constructor(store: string, limit: Limit, logger: Logger) {
    this.#store = store
    this.#limit = limit
    this.#logger = logger
  }

  /** Says so once, when a record is sent that the broker need not keep. */
  check(timestampMs: number, nowMs: number): void {
    const { keptForMs, remedy } = this.#limit
    if (this.#isTold || nowMs - timestampMs <= keptForMs) return
    this.#isTold = true
    this.#logger.warn(
      `changelog records of store ${this.#store} are older by the clock than the broker keeps them: ` +
        `a restore may miss state. ${remedy}`,
      { store: this.#store, timestampMs, nowMs, keptForMs },
    )
  }
}

interface Limit {
  readonly keptForMs: number
  readonly remedy: string
}

function limitOf(topicConfig: Readonly<Record<string, string>>): Limit | undefined {
  const policies = (topicConfig['cleanup.policy'] ?? '').split(',').map((policy) => policy.trim())
  if (policies.includes('delete')) {
    const retentionMs = Number(topicConfig['retention.ms'])
    if (!(retentionMs >= 0)) return undefined
    const remedy = `Set changelogCleanup: 'compact', or a longer retention.ms in topicConfig.`
    return { keptForMs: retentionMs, remedy }
  }
  const lag = topicConfig['min.compaction.lag.ms']
  if (lag === undefined) return undefined
  return { keptForMs: Number(lag), remedy: 'Set a longer min.compaction.lag.ms in topicConfig.' }
}
