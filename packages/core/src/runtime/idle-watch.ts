import type { KafkaAdmin } from '../kafka/admin.ts'
import type { GroupConsumer } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartitionOffset } from '../record/topic-partition.ts'
import type { Clock } from '../time/clock.ts'
import { UNKNOWN_TIME } from './node-times.ts'
import { decodeOffsetMetadata } from './offset-metadata.ts'
import type { ResolvedTopology } from './resolved-topology.ts'
import type { Task } from './task.ts'
import type { IdleStep } from './time-progress.ts'
import { sourceBounds, toldTopics, upstreamPartitions } from './upstream-times.ts'

export interface IdleWatchParts {
  readonly resolved: ResolvedTopology
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly admin: Pick<KafkaAdmin, 'listOffsets'>
  readonly clock: Clock
  readonly logger: Logger
}

/** A task whose inputs are all idle, and how far its event time has come. */
export interface IdleTask {
  readonly task: Task
  readonly step: IdleStep
}

interface Finding {
  readonly task: Task
  readonly askedAtMs: number
  readonly bounds: ReadonlyMap<string, number>
  readonly ends: readonly TopicPartitionOffset[]
}

/** As often as Kafka Streams looks for closed windows at most. */
const LOOK_MS = 1000

/**
 * Finds the tasks of a member whose inputs are idle, and how far their event time has come.
 *
 * What the client has heard of the ends of partitions is not enough: while a broker is away, or after
 * the process stood still, records may wait that it has not heard of, and time that went on would make
 * them late. So the brokers are asked before each step, in the background, and time goes on to the
 * moment of the question only.
 *
 * 1. What tasks upstream have committed is fetched: how far they let the time of a source go.
 * 2. The ends of the task's inputs are, uncommitted records included. Whatever those tasks had sent by
 *    their commits is before these ends.
 * 3. If the task's positions are these ends, nothing that it must wait for is left.
 */
export class IdleWatch {
  readonly #parts: IdleWatchParts
  #lastMs = -Infinity
  #looking: Promise<void> | undefined
  #findings: readonly Finding[] = []

  constructor(parts: IdleWatchParts) {
    this.#parts = parts
  }

  /** Notices what is idle, and asks in the background when it is time. Call it between records. */
  check(tasks: readonly Task[]): void {
    const { clock } = this.#parts
    for (const task of tasks) task.observeIdleness()
    const now = clock.nowMs()
    if (this.#looking !== undefined || now - this.#lastMs < LOOK_MS) return
    const idle = tasks.filter((task) => task.inputs.idleTime?.isIdle(now) === true)
    if (idle.length === 0) return
    this.#lastMs = now
    this.#looking = this.#look(idle, now)
  }

  /** What was found since the last call, of tasks that are still idle. */
  take(tasks: readonly Task[]): readonly IdleTask[] {
    const findings = this.#findings
    if (findings.length === 0) return []
    this.#findings = []
    return findings.flatMap(({ task, askedAtMs, bounds, ends }) => {
      const { idleTime } = task.inputs
      if (!tasks.includes(task) || idleTime === undefined) return []
      if (!task.inputs.areAtEnd(ends) || !idleTime.isIdle(askedAtMs)) return []
      const step: IdleStep = {
        timeMs: idleTime.timeAt(askedAtMs),
        boundMs: (source) => bounds.get(source) ?? UNKNOWN_TIME,
        tells: toldTopics(this.#parts.resolved, task.id.subtopology),
      }
      return { task, step }
    })
  }

  async close(): Promise<void> {
    await this.#looking
  }

  async #look(tasks: readonly Task[], askedAtMs: number): Promise<void> {
    try {
      const committed = await this.#committed(tasks)
      const partitions = tasks.flatMap(({ inputs }) => inputs.partitions)
      const ends = await this.#parts.admin.listOffsets(partitions, 'end')
      this.#findings = tasks.map((task) => ({
        task,
        askedAtMs,
        bounds: sourceBounds(this.#parts.resolved, task.id.subtopology, committed),
        ends: endsOf(task, ends),
      }))
    } catch (error) {
      this.#parts.logger.debug('looking for idle inputs failed; it is tried again', { error })
    } finally {
      this.#looking = undefined
    }
  }

  /** The times that tasks upstream have committed, by partition. */
  async #committed(
    tasks: readonly Task[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const { resolved, consumer } = this.#parts
    const ids = new Set(tasks.map((task) => task.id.subtopology))
    const upstream = [...ids].flatMap((id) => upstreamPartitions(resolved, id))
    if (upstream.length === 0) return new Map()
    const unique = new Map(upstream.map((one) => [partitionKey(one.topic, one.partition), one]))
    const committed = await consumer.committed([...unique.values()])
    return new Map(
      committed.map(({ topic, partition, metadata }) => [
        partitionKey(topic, partition),
        decodeOffsetMetadata(metadata).processorTimes,
      ]),
    )
  }
}

function endsOf(
  { inputs }: Task,
  ends: readonly TopicPartitionOffset[],
): readonly TopicPartitionOffset[] {
  const own = new Set(inputs.partitions.map((one) => partitionKey(one.topic, one.partition)))
  return ends.filter(({ topic, partition }) => own.has(partitionKey(topic, partition)))
}
