/** `<subtopology>_<partition>`, as in Kafka Streams. */
export interface TaskId {
  readonly subtopology: number
  readonly partition: number
}

export function formatTaskId(id: TaskId): string {
  return `${id.subtopology}_${id.partition}`
}
