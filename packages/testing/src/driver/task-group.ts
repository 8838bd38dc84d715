import { matchesTopic, type Topology } from '@millrace/core'
import {
  type CommitOffset,
  decodeOffsetMetadata,
  idlenessOf,
  type ResolvedSubtopology,
  type ResolvedTopology,
  resolveTopology,
  type StateBackend,
  type Task,
  type TaskEnvironment,
  type TaskInput,
  sourceBounds,
  toldTopics,
  type TopicPartition,
  upstreamPartitions,
} from '@millrace/core/internal'
import { asOneSubtopology } from './one-task-topology.ts'
import { openTask } from './open-task.ts'
import type { TaskDirectories } from './task-directories.ts'
import type { TopicLogs } from './topic-logs.ts'

export interface TaskGroupParts {
  readonly topology: Topology
  readonly environment: TaskEnvironment
  readonly backend: StateBackend
  readonly directories: TaskDirectories
  readonly logs: TopicLogs
  readonly singleTask: boolean
}

interface Reader extends TopicPartition {
  readonly task: Task
  /** The offset to deliver next. */
  next: number
}

/**
 * All tasks of a topology, and what stands in for the group: committed offsets, and how far records
 * were delivered. The only member of its group, without threads or network.
 */
export class TaskGroup {
  readonly #parts: TaskGroupParts
  readonly #committed = new Map<string, CommitOffset>()
  #resolved: ResolvedTopology | undefined
  /** The same, with the sub-topologies as the tasks run them. */
  #running: ResolvedTopology | undefined
  #tasks: readonly Task[] = []
  /** By partition. */
  #readers: ReadonlyMap<string, Reader> = new Map()
  /** How many of all records were delivered. */
  #delivered = 0

  constructor(parts: TaskGroupParts) {
    this.#parts = parts
  }

  get tasks(): readonly Task[] {
    return this.#tasks
  }

  get committedOffsets(): readonly CommitOffset[] {
    return [...this.#committed.values()]
  }

  /** Names of all topics that tasks read, as in the cluster. */
  get sourceTopics(): readonly string[] {
    const sources = this.#resolved?.subtopologies.flatMap((part) => part.sources) ?? []
    return sources.flatMap(({ topics }) => topics)
  }

  get storeNames(): readonly string[] {
    const stores = this.#resolved?.subtopologies.flatMap((part) => part.subtopology.stores) ?? []
    return stores.map(({ name }) => name)
  }

  /** Partition count of a topic that is read; undefined for any other. */
  partitions(topic: string): number | undefined {
    return this.#resolved?.partitions.get(topic)
  }

  /** True for a topic that a pattern would read, if it were known. */
  isUnknownMatch(topic: string): boolean {
    const sources = this.#resolved?.subtopologies.flatMap((part) => part.sources) ?? []
    const internal = new Set(this.#resolved?.internalTopics.map((one) => one.topic))
    return sources.some(
      ({ node, topics }) =>
        node.topics instanceof RegExp &&
        !topics.includes(topic) &&
        !internal.has(topic) &&
        matchesTopic(node.topics, topic),
    )
  }

  /** Opens tasks at the last commit; `topics` are those of the cluster, with their partition counts. */
  async open(topics: ReadonlyMap<string, number>): Promise<void> {
    const { topology, environment, singleTask } = this.#parts
    const resolved = resolveTopology(topology, environment.applicationId, topics)
    this.#resolved = resolved
    const groups = singleTask ? [asOneSubtopology(resolved)] : resolved.subtopologies
    const idleness = idlenessOf(groups.map(({ subtopology }) => subtopology))
    this.#running = { ...resolved, subtopologies: groups, idleness }
    const tasks: Task[] = []
    this.#tasks = tasks
    for (const group of groups) {
      for (let partition = 0; partition < group.taskCount; partition++) {
        tasks.push(await this.#open(group, partition, resolved.partitions))
      }
    }
    this.#rewind()
  }

  /** Notices which inputs are idle as of now. */
  observeIdleness(): void {
    for (const task of this.#tasks) task.observeIdleness()
  }

  /** Moves event time on in tasks whose inputs are idle; false when it moved in none. */
  async goOnIdle(nowMs: number): Promise<boolean> {
    const running = this.#running
    if (running === undefined) return false
    let hasMoved = false
    for (const task of this.#tasks) {
      const { idleTime } = task.inputs
      if (idleTime?.isIdle(nowMs) !== true) continue
      const { subtopology } = task.id
      const bounds = sourceBounds(running, subtopology, this.#committedTimes(subtopology))
      const step = {
        timeMs: idleTime.timeAt(nowMs),
        boundMs: (source: string) => bounds.get(source) ?? -1,
        tells: toldTopics(running, subtopology),
      }
      if (await task.goOnIdle(step)) hasMoved = true
    }
    return hasMoved
  }

  async close(): Promise<void> {
    const tasks = this.#tasks
    this.#tasks = []
    this.#readers = new Map()
    for (const task of tasks) await task.close()
  }

  /**
   * Gives tasks what is new, in the order in which it was written over all topics, and tells them that this is all
   * there is.
   */
  deliver(): void {
    const { logs } = this.#parts
    const records = logs.appendedFrom(this.#delivered)
    this.#delivered += records.length
    for (const record of records) {
      const reader = this.#readers.get(keyOf(record))
      if (reader === undefined || record.offset < reader.next) continue
      reader.task.inputs.add(record)
      reader.next = record.offset + 1
    }
    for (const { task, topic, partition } of this.#readers.values()) {
      task.inputs.reachedEnd({ topic, partition }, logs.partition(topic, partition).length)
    }
  }

  /**
   * Waits for what the serdes of tasks have to get first; false when there is nothing.
   * @throws what it cannot be got for
   */
  async settle(): Promise<boolean> {
    const waiting = this.#tasks.filter(({ wait }) => wait.isWaiting || wait.hasFailed)
    for (const { wait } of waiting) await wait.settle()
    return waiting.length > 0
  }

  /** The task whose next record has the lowest timestamp; the first of several. */
  next(): Task | undefined {
    let best: Task | undefined
    let bestMs = Infinity
    for (const task of this.#tasks) {
      if (!task.isProcessable()) continue
      for (const queue of task.inputs.queues) {
        const timestampMs = queue.headTimestampMs()
        if (timestampMs === undefined || timestampMs >= bestMs) continue
        best = task
        bestMs = timestampMs
      }
    }
    return best
  }

  /** One transaction over all tasks. Returns how many records it made readable. */
  async commit(): Promise<number> {
    for (const task of this.#tasks) await task.prepareCommit()
    const offsets = this.#tasks.flatMap((task) => task.offsetsToCommit(false))
    const records = this.#parts.logs.commit()
    for (const offset of offsets) this.#committed.set(keyOf(offset), offset)
    for (const task of this.#tasks) await task.committed(0)
    return records
  }

  /** Back to the last commit; what was delivered since then comes again. */
  async rollback(): Promise<void> {
    this.#parts.logs.abort()
    for (const task of this.#tasks) await task.rollback()
    this.#rewind()
  }

  /** What tasks upstream of a sub-topology have committed, by partition. */
  #committedTimes(subtopology: number): ReadonlyMap<string, ReadonlyMap<string, number>> {
    if (this.#running === undefined) return new Map()
    return new Map(
      upstreamPartitions(this.#running, subtopology).map((input) => {
        const committed = this.#committed.get(keyOf(input))
        return [keyOf(input), decodeOffsetMetadata(committed?.metadata ?? '').processorTimes]
      }),
    )
  }

  async #open(
    resolved: ResolvedSubtopology,
    partition: number,
    partitions: ReadonlyMap<string, number>,
  ): Promise<Task> {
    const { backend, directories, environment, logs } = this.#parts
    const inputs = resolved.sources.flatMap(({ node, topics }) =>
      topics
        .filter((topic) => partition < (partitions.get(topic) ?? 0))
        .map((topic) => this.#input(node.name, topic, partition)),
    )
    return openTask({ resolved, inputs, partition, backend, directories, environment, logs })
  }

  #input(sourceNode: string, topic: string, partition: number): TaskInput {
    const committed = this.#committed.get(keyOf({ topic, partition }))
    const { partitionTimeMs, processorTimes } = decodeOffsetMetadata(committed?.metadata ?? '')
    const offset = committed?.offset ?? 0
    const idleMs = this.#running?.idleness.idleMs.get(sourceNode)
    return {
      topic,
      partition,
      sourceNode,
      offset,
      partitionTimeMs,
      operatorTimes: processorTimes,
      idleMs,
    }
  }

  #rewind(): void {
    this.#delivered = 0
    this.#readers = new Map(
      this.#tasks.flatMap((task) =>
        task.inputs
          .committedPositions()
          .map(({ topic, partition, offset }): readonly [string, Reader] => [
            keyOf({ topic, partition }),
            { task, topic, partition, next: offset },
          ]),
      ),
    )
    this.deliver()
    this.observeIdleness()
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
