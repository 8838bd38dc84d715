import type { Logger } from '../observe/logger.ts'
import type { ChangelogPosition, TaskState } from '../state/state-backend.ts'

/** A changelog partition, as the cluster has it. */
export interface ChangelogExtent {
  readonly first: number
  /** Of a source's topic: its committed offset. */
  readonly end: number
  readonly topicId: string
  /** True for the topic of a source. @defaultValue false */
  readonly isSource?: boolean
}

/** A store that is to be filled from its changelog. */
export interface RestoredStore {
  readonly taskId: string
  readonly state: TaskState
  readonly store: string
  readonly topic: string
}

/**
 * The offset to restore from, be it for a task or for its standby. A store that does not fit its changelog
 * is emptied: when records between its position and the log's start are gone, what they changed is unknown;
 * when the topic was made anew, what the store holds is of another life. The position is noted at once:
 * commits count from it.
 * @throws MillraceError of the state
 */
export async function restoreStart(
  { taskId, state, store, topic }: RestoredStore,
  extent: ChangelogExtent,
  logger: Logger,
): Promise<number> {
  const { first, end, topicId } = extent
  const position = state.position(store)
  const reason = position === undefined ? undefined : misfit(position, extent)
  if (position !== undefined && reason === undefined) return position.offset
  if (position !== undefined) {
    logger.warn(`store ${store} of task ${taskId} is built anew: ${reason ?? ''}`, {
      task: taskId,
      store,
      topic,
      position: position.offset,
      logStart: first,
      logEnd: end,
    })
    await state.clear(store)
  }
  await state.apply([], new Map([[store, { offset: first, topicId }]]))
  return first
}

/** Why what a store holds cannot be gone on from; undefined when it can. */
function misfit(
  position: ChangelogPosition,
  { first, end, topicId, isSource = false }: ChangelogExtent,
): string | undefined {
  if (position.topicId !== topicId) return 'its changelog was made anew'
  if (position.offset < first) return 'records were deleted from its changelog that it has not seen'
  // Rows that are not processed yet would be taken for old ones.
  if (isSource && position.offset > Math.max(first, end)) return 'it is ahead of the group'
  // The marker of the last commit is counted, and may still be on its way to the log.
  if (!isSource && position.offset > end + 1)
    return 'its changelog has lost records that it has seen'
  return undefined
}
