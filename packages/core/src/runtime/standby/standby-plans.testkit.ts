import { serdes } from '../../serde/serdes.ts'
import type { TaskState } from '../../state/state-backend.ts'
import { stores } from '../../state/stores.ts'
import type { StandbyPlan } from './standby-plan.ts'

const counts = stores.keyValue('counts', { key: serdes.string, value: serdes.string })

/** A task with one store, `counts`, whose changelog, or source, is partition 0 of a topic named as the task. */
export function countsPlan(taskId: string, isSource = false): StandbyPlan {
  const reader = counts.changelog
  const logged = [{ builder: counts, topic: taskId, partition: 0, isSource, reader }]
  return { taskId, stores: ['counts'], logged }
}

/** Entries of the store as text. */
export function contents(state: TaskState): Record<string, string> {
  const entries = state.entries('counts').range({ from: undefined, to: undefined, reverse: false })
  const found: Record<string, string> = {}
  for (const [key, value] of entries) found[text(key)] = text(value)
  return found
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
