import type { TaskId } from '../record/task-id.ts'
import type { TaskState } from '../state/state-backend.ts'
import type { Subtopology } from '../topology/topology-node.ts'
import type { TaskEnvironment } from './task-environment.ts'
import type { TaskInput } from './task-inputs.ts'

/** What a task is made of. */
export interface TaskParts {
  readonly id: TaskId
  readonly subtopology: Subtopology
  readonly inputs: readonly TaskInput[]
  readonly state: TaskState
  readonly environment: TaskEnvironment
}
