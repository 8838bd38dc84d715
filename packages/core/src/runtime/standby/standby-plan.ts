import { formatTaskId } from '../../record/task-id.ts'
import type { ResolvedTopology } from '../resolved-topology.ts'
import { changelogsOf, type TaskChangelog } from '../task-changelogs.ts'

/** A store whose changelog can be followed. */
export interface StandbyStore extends TaskChangelog {
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
  environment: Parameters<typeof changelogsOf>[1],
): ReadonlyMap<string, StandbyPlan> {
  const plans = new Map<string, StandbyPlan>()
  for (const { subtopology, taskCount } of subtopologies) {
    const stores = subtopology.stores.map(({ name }) => name)
    for (let partition = 0; partition < taskCount; partition++) {
      const taskId = formatTaskId({ subtopology: subtopology.id, partition })
      const logged = changelogsOf(subtopology, environment).map((changelog) => {
        return { ...changelog, partition }
      })
      if (logged.length === 0) break
      plans.set(taskId, { taskId, stores, logged })
    }
  }
  return plans
}
