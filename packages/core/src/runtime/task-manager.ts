import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { GroupConsumer, PolledBatch } from '../kafka/group-consumer.ts'
import { formatTaskId } from '../record/task-id.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { RecordQueue } from './record-queue.ts'
import type { ResolvedSubtopology, ResolvedTopology } from './resolved-topology.ts'
import type { Restorer, RestoreRequest } from './restorer.ts'
import { retry, type RetryOptions } from './retry.ts'
import { explainPollError } from './stale-position.ts'
import { type InputRequest, startPositions } from './start-positions.ts'
import type { TaskParts } from './task-parts.ts'
import { Task, type TaskEnvironment } from './task.ts'
import type { TaskInput } from './task-inputs.ts'
import type { StandbyHandOver } from './standby/standby-manager.ts'
import { changelogsOf } from './task-changelogs.ts'
import type { TaskStates } from './task-states.ts'

interface OpenTask {
  readonly task: Task
  readonly leadTopic: string
  readonly inputs: readonly TaskInput[]
  phase: 'restoring' | 'running'
  /** While it restores for long, nothing of its inputs is to pile up. */
  isPaused: boolean
}

export interface TaskManagerParts {
  readonly topology: ResolvedTopology
  readonly environment: TaskEnvironment
  readonly states: TaskStates
  /** Undefined when the app has no standbys. */
  readonly standbys: StandbyHandOver | undefined
  readonly consumer: GroupConsumer
  readonly admin: KafkaAdmin
  readonly restorer: Restorer
  readonly retries: RetryOptions
  /** Of sources that have none of their own. */
  readonly autoOffsetReset: AutoOffsetReset
}

/**
 * The tasks of one member, and which partitions they read.
 *
 * Semantics: the group assigns partitions of lead topics only. Given `lead-p`, the member takes
 * partition p of every source topic of that sub-topology, so a task is never torn between members.
 * A task that has state to restore reads its inputs already, but they are paused and nothing of them
 * is processed until it is complete.
 */
export class TaskManager {
  readonly #parts: TaskManagerParts
  readonly #tasks = new Map<string, OpenTask>()
  /** Where the records of a partition go. */
  readonly #queues = new Map<string, RecordQueue>()

  constructor(parts: TaskManagerParts) {
    this.#parts = parts
  }

  /** Tasks that may process. */
  get running(): readonly Task[] {
    return [...this.#tasks.values()]
      .filter(({ phase }) => phase === 'running')
      .map(({ task }) => task)
  }

  get isRestoring(): boolean {
    return [...this.#tasks.values()].some(({ phase }) => phase === 'restoring')
  }

  /** Records between the positions of all tasks and the ends that the client has heard of. */
  get lag(): number {
    let lag = 0
    for (const { task } of this.#tasks.values()) {
      for (const { source, position } of task.inputs.queues) {
        const end = this.#parts.consumer.knownEndOffset(source) ?? position
        lag += Math.max(0, end - position)
      }
    }
    return lag
  }

  /** Hands records to the queues of their tasks. Records of partitions that were given away are dropped. */
  route({ records, ends }: PolledBatch): void {
    let last: ConsumedRecord | undefined
    let queue: RecordQueue | undefined
    for (const record of records) {
      // Records come in blocks of one partition: look the queue up once a block.
      if (record.partition !== last?.partition || record.topic !== last.topic) {
        queue = this.#queues.get(partitionKey(record.topic, record.partition))
      }
      last = record
      queue?.add(record)
    }
    for (const { topic, partition, offset } of ends) {
      this.#queues.get(partitionKey(topic, partition))?.reachedEnd(offset)
    }
  }

  /** Opens the tasks of these lead partitions, and answers the group. */
  async assign(leads: readonly TopicPartition[]): Promise<void> {
    const given = leads.map((lead) => ({ lead, subtopology: this.#subtopologyLedBy(lead.topic) }))
    for (const { lead, subtopology } of given) assertKnown(lead, subtopology)
    const wanted = given.filter(({ lead, subtopology }) => {
      if (subtopology.taskCount === 0) return false
      return !this.#tasks.has(
        formatTaskId({ subtopology: subtopology.subtopology.id, partition: lead.partition }),
      )
    })
    const inputs = await this.#positions(
      wanted.flatMap(({ lead, subtopology }) => this.#inputsOf(subtopology, lead.partition)),
    )
    await this.#parts.consumer.assign(inputs)
    for (const { lead, subtopology } of wanted) {
      const own = inputs.filter(
        ({ partition, topic }) =>
          partition === lead.partition &&
          subtopology.sources.some((source) => source.topics.includes(topic)),
      )
      await this.#open(subtopology, lead.partition, own)
    }
  }

  /** Tasks of these lead partitions. */
  ledBy(leads: readonly TopicPartition[]): readonly Task[] {
    const keys = new Set(leads.map(({ topic, partition }) => partitionKey(topic, partition)))
    return [...this.#tasks.values()]
      .filter(({ leadTopic, task }) => keys.has(partitionKey(leadTopic, task.partition)))
      .map(({ task }) => task)
  }

  /** Closes tasks that go elsewhere without committing them, and stops reading their inputs. Standbys may keep their state. */
  async close(tasks: readonly Task[]): Promise<readonly TopicPartition[]> {
    return this.#close(tasks, (task) => this.#handOver(task))
  }

  async closeAll(): Promise<void> {
    const tasks = [...this.#tasks.values()].map(({ task }) => task)
    await this.#close(tasks, (task) => task.close())
  }

  async #close(
    tasks: readonly Task[],
    closeState: (task: Task) => Promise<void>,
  ): Promise<readonly TopicPartition[]> {
    const partitions: TopicPartition[] = []
    for (const task of tasks) {
      await this.#parts.restorer.cancel(task.taskId)
      for (const input of task.inputs.partitions) {
        partitions.push(input)
        this.#queues.delete(partitionKey(input.topic, input.partition))
      }
      this.#tasks.delete(task.taskId)
      await this.#closeTask(task, closeState)
    }
    return partitions
  }

  /** What a close fails at is no reason to keep the others open: all that is committed is in the changelog. */
  async #closeTask(task: Task, closeState: (task: Task) => Promise<void>): Promise<void> {
    try {
      await closeState(task)
    } catch (error) {
      const { logger } = this.#parts.environment
      logger.warn(`the state of task ${task.taskId} failed to close`, { task: task.taskId, error })
    }
    this.#parts.standbys?.released(task.taskId)
  }

  async #handOver(task: Task): Promise<void> {
    const state = await task.release()
    if (this.#parts.standbys?.give(task.taskId, state) !== true) await state.close()
  }

  /** Starts the tasks whose stores are complete. */
  async startRestored(): Promise<void> {
    for (const taskId of this.#parts.restorer.takeDone()) {
      const open = this.#tasks.get(taskId)
      if (open === undefined || open.phase === 'running') continue
      await open.task.init()
      open.phase = 'running'
      if (open.isPaused) this.#parts.consumer.resume(open.task.inputs.partitions)
    }
  }

  /** Puts every running task back to its last commit, and the consumer with them. */
  async rollback(): Promise<void> {
    for (const task of this.running) await task.rollback()
    const positions = this.running.flatMap((task) => task.inputs.committedPositions())
    if (positions.length > 0) await this.#parts.consumer.seek(positions)
  }

  /** What an error of a poll is to the tasks that run. */
  async explainPollError(error: unknown): Promise<unknown> {
    const positions = this.running.flatMap((task) => task.inputs.committedPositions())
    return explainPollError(error, positions, this.#parts)
  }

  #subtopologyLedBy(topic: string): ResolvedSubtopology {
    const found = this.#parts.topology.subtopologies.find(({ leadTopic }) => leadTopic === topic)
    if (found !== undefined) return found
    throw new MillraceError(
      'MR_TOPOLOGY',
      `The group assigned ${topic}, which leads no sub-topology`,
      {
        hint: 'All members of an application must run the same topology: stop those that run another.',
        at: { topic },
      },
    )
  }

  #inputsOf(resolved: ResolvedSubtopology, partition: number): readonly InputRequest[] {
    return resolved.sources.flatMap(({ node, topics }) =>
      topics
        .filter((topic) => partition < (this.#parts.topology.partitions.get(topic) ?? 0))
        .map((topic) => ({
          topic,
          partition,
          sourceNode: node.name,
          // What is in a repartition topic was put there by this application: none of it may be skipped.
          reset: this.#parts.topology.repartitionTopics.has(topic)
            ? 'earliest'
            : (node.autoOffsetReset ?? this.#parts.autoOffsetReset),
          idleMs: this.#parts.topology.idleness.idleMs.get(node.name),
        })),
    )
  }

  async #positions(requests: readonly InputRequest[]): Promise<readonly TaskInput[]> {
    if (requests.length === 0) return []
    const { consumer, admin, retries } = this.#parts
    const { clock, logger } = this.#parts.environment
    const committed = await retry('fetching committed offsets', retries, () =>
      consumer.committed(requests.map(({ topic, partition }) => ({ topic, partition }))),
    )
    return retry('looking up start positions', retries, () =>
      startPositions(requests, committed, { admin, clock, logger }),
    )
  }

  async #open(
    resolved: ResolvedSubtopology,
    partition: number,
    inputs: readonly TaskInput[],
  ): Promise<void> {
    const { states, standbys, environment, consumer, restorer, retries } = this.#parts
    const { subtopology, leadTopic } = resolved
    const id = { subtopology: subtopology.id, partition }
    const taskId = formatTaskId(id)
    const stores = subtopology.stores.map((store) => store.name)
    const state = (await standbys?.take(taskId)) ?? (await states.open(taskId, stores))
    const task = await createTask({ id, subtopology, inputs, state, environment })
    const open: OpenTask = { task, leadTopic, inputs, phase: 'restoring', isPaused: false }
    this.#tasks.set(taskId, open)
    for (const queue of task.inputs.queues) {
      this.#queues.set(partitionKey(queue.source.topic, queue.source.partition), queue)
    }
    const requests = changelogsOf(subtopology, environment).map((changelog): RestoreRequest => {
      const { builder, topic, isSource, reader } = changelog
      const limit = isSource ? committedIn(inputs, topic) : undefined
      return { taskId, state, store: builder.name, topic, partition, changelog: reader, limit }
    })
    if (requests.length === 0) {
      await task.init()
      open.phase = 'running'
      return
    }
    await retry('starting a restore', retries, () => restorer.start(taskId, requests))
    // Not one that has nothing to restore: the client may take a second to notice that it is resumed.
    open.isPaused = !restorer.isDone(taskId)
    if (open.isPaused) consumer.pause(task.inputs.partitions)
  }
}

/** Nothing of a topic that the group has no offset in is processed yet. */
function committedIn(inputs: readonly TaskInput[], topic: string): number {
  return inputs.find((input) => input.topic === topic)?.committedOffset ?? 0
}

/** A task that cannot be made does not keep its state open. */
async function createTask(parts: TaskParts): Promise<Task> {
  try {
    return new Task(parts)
  } catch (error) {
    await parts.state.close()
    throw error
  }
}

/** A partition beyond those that were there when the topology was resolved: look again, before any of it is missed. */
function assertKnown(lead: TopicPartition, { taskCount, leadTopic }: ResolvedSubtopology): void {
  if (lead.partition < Math.max(taskCount, 1)) return
  throw new MillraceError(
    'MR_TOPICS_CHANGED',
    `Topic ${leadTopic} has more partitions than before`,
    {
      hint: 'Nothing is to be done: the member looks the topics up again.',
      at: { topic: leadTopic, partition: lead.partition },
    },
  )
}
