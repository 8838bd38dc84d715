import type { CacheScope } from '../state/record-cache.ts'
import type { TaskParts } from './task-parts.ts'
import { TaskStores } from './task-stores.ts'

export function createTaskStores(
  { state, subtopology, id, inputs, environment }: TaskParts,
  cacheScope: CacheScope,
  currentTimestampMs: () => number,
): TaskStores {
  return new TaskStores({
    state,
    builders: subtopology.stores,
    sourceChangelogs: subtopology.sourceChangelogs,
    partition: id.partition,
    changelogTopic: environment.changelogTopic,
    currentTimestampMs,
    clock: environment.clock,
    logger: environment.logger,
    cacheBudget: environment.cacheBudget,
    cacheScope,
    operatorTimes: inputs.map((input) => input.operatorTimes),
  })
}
