import { formatTaskId } from '../../record/task-id.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { ResolvedTopology } from '../resolved-topology.ts'

/** A store whose changelog can be followed. */
export interface StandbyStore {
  readonly builder: StoreBuilder
  readonly topic: string
  readonly partition: number
}

/** What it takes to keep a copy of one task. */
export interface StandbyPlan {
  readonly taskId: string
  /** All stores of the task: its state is opened as the active task opens it. */
  readonly stores: readonly string[]
  /** Those that have a changelog; at least one. */
  readonly logged: readonly StandbyStore[]
}

/** Tasks of which there can be standbys, by id: those that have a store with a changelog. */
export function standbyPlans(
  { subtopologies }: ResolvedTopology,
  changelogTopic: (store: string) => string,
): ReadonlyMap<string, StandbyPlan> {
  const plans = new Map<string, StandbyPlan>()
  for (const { subtopology, taskCount } of subtopologies) {
    const stores = subtopology.stores.map(({ name }) => name)
    const builders = subtopology.stores.filter(({ logging }) => logging)
    if (builders.length === 0) continue
    for (let partition = 0; partition < taskCount; partition++) {
      const taskId = formatTaskId({ subtopology: subtopology.id, partition })
      const logged = builders.map((builder) => {
        return { builder, topic: changelogTopic(builder.name), partition }
      })
      plans.set(taskId, { taskId, stores, logged })
    }
  }
  return plans
}
