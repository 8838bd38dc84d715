import {
  changelogsOf,
  type ResolvedSubtopology,
  type StateBackend,
  Task,
  type TaskChangelog,
  type TaskEnvironment,
  type TaskInput,
  type TaskState,
} from '@millrace/core/internal'
import type { TaskDirectories } from './task-directories.ts'
import type { TopicLogs } from './topic-logs.ts'

export interface OpenTaskParts {
  readonly resolved: ResolvedSubtopology
  readonly inputs: readonly TaskInput[]
  readonly partition: number
  readonly backend: StateBackend
  readonly directories: TaskDirectories
  readonly environment: TaskEnvironment
  readonly logs: TopicLogs
}

/** Opens a task as the runtime does: state from the backend, the rest of it from the changelogs. */
export async function openTask(parts: OpenTaskParts): Promise<Task> {
  const { inputs, partition, environment, backend, directories } = parts
  const { subtopology } = parts.resolved
  const names = subtopology.stores.map(({ name }) => name)
  const taskId = `${subtopology.id}_${partition}`
  const directory = await directories.of(taskId)
  const state = await backend.open({ taskId, stores: names, directory })
  for (const changelog of changelogsOf(subtopology, environment)) {
    await restore(changelog, state, parts)
  }
  const id = { subtopology: subtopology.id, partition }
  const task = new Task({ id, subtopology, inputs, state, environment })
  await task.init()
  return task
}

async function restore(
  { builder: { name }, topic, isSource, reader }: TaskChangelog,
  state: TaskState,
  { logs, partition, inputs }: OpenTaskParts,
): Promise<void> {
  const records = logs.partition(topic, partition)
  const committed = inputs.find((input) => input.topic === topic)?.offset
  const end = isSource ? (committed ?? 0) : records.length
  const missing = records.slice(state.position(name)?.offset ?? 0, end)
  const batch = { store: name, ...reader.restore(missing, state.entries(name)) }
  await state.apply([batch], new Map([[name, { offset: end, topicId: '' }]]))
}
