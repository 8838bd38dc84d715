import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { CommitOffset } from '../kafka/group-consumer.ts'
import {
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../record/topic-partition.ts'
import { IdleTime } from './idle-time.ts'
import { InputChooser, type InputChooserOptions } from './input-chooser.ts'
import { InputIdleness } from './input-idleness.ts'
import { encodeOffsetMetadata } from './offset-metadata.ts'
import { type RecordDecoder, RecordQueue } from './record-queue.ts'

/** A source partition of a task, and where to go on. */
export interface TaskInput extends TopicPartition {
  /** The source node that reads it. */
  readonly sourceNode: string
  readonly offset: number
  /** Undefined when the group has none, or one that the log does not hold. @defaultValue undefined */
  readonly committedOffset?: number | undefined
  readonly partitionTimeMs: number
  /** What operators committed with the offset. */
  readonly operatorTimes: ReadonlyMap<string, number>
  /** How long it is quiet before it is idle; undefined: never. */
  readonly idleMs?: number | undefined
}

/** A queue of records, and the source node that they are for. */
export interface InputQueue {
  readonly sourceNode: string
  readonly queue: RecordQueue
  /** Undefined when the input is never idle. */
  readonly idleness?: InputIdleness | undefined
}

interface Position {
  readonly offset: number
  readonly partitionTimeMs: number
}

export interface TaskInputsParts extends InputChooserOptions {
  readonly inputs: readonly TaskInput[]
  readonly decoderFor: (sourceNode: string) => RecordDecoder
}

/**
 * The inputs of one task: what waits in them, how far they were processed, and where the last commit
 * was.
 */
export class TaskInputs {
  readonly #queues: ReadonlyMap<string, InputQueue>
  readonly #chooser: InputChooser
  /** Undefined when an input of the task is never idle. */
  readonly idleTime: IdleTime | undefined
  /** What the last commit holds, per input: where a roll-back goes to. */
  #committed: ReadonlyMap<string, Position>

  constructor({ inputs, decoderFor, maxTaskIdleMs }: TaskInputsParts) {
    this.#queues = new Map(
      inputs.map(({ topic, partition, offset, partitionTimeMs, sourceNode, idleMs }) => {
        const queue = new RecordQueue({ topic, partition }, offset, decoderFor(sourceNode))
        queue.partitionTimeMs = partitionTimeMs
        const idleness = idleMs === undefined ? undefined : new InputIdleness(queue, idleMs)
        return [partitionKey(topic, partition), { queue, sourceNode, idleness }]
      }),
    )
    const queues = [...this.#queues.values()]
    const idle = queues.flatMap(({ idleness }) => idleness ?? [])
    this.idleTime =
      idle.length > 0 && idle.length === queues.length ? new IdleTime(idle) : undefined
    this.#chooser = new InputChooser(queues, { maxTaskIdleMs })
    this.#committed = this.#positions()
  }

  get partitions(): readonly TopicPartition[] {
    return [...this.#queues.values()].map(({ queue }) => queue.source)
  }

  get queues(): readonly RecordQueue[] {
    return [...this.#queues.values()].map(({ queue }) => queue)
  }

  get bufferedRecords(): number {
    let records = 0
    for (const { queue } of this.#queues.values()) records += queue.length
    return records
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const { queue } of this.#queues.values()) bytes += queue.bytes
    return bytes
  }

  add(record: ConsumedRecord): void {
    this.#queues.get(partitionKey(record.topic, record.partition))?.queue.add(record)
  }

  reachedEnd(source: TopicPartition, offset: number): void {
    this.#queues.get(partitionKey(source.topic, source.partition))?.queue.reachedEnd(offset)
  }

  /** Notices which inputs have nothing to do. To be called between records, often. */
  observe(nowMs: number, streamTimeMs: number): void {
    if (this.idleTime !== undefined) {
      this.idleTime.observe(nowMs, streamTimeMs)
      return
    }
    for (const { idleness } of this.#queues.values()) idleness?.observe(nowMs)
  }

  /** True when no record of these ends is left; else the inputs that have one are not idle. */
  areAtEnd(ends: readonly TopicPartitionOffset[]): boolean {
    let areAtEnd = true
    for (const { topic, partition, offset } of ends) {
      const input = this.#queues.get(partitionKey(topic, partition))
      if (input === undefined || offset <= input.queue.position) continue
      input.idleness?.reset()
      areAtEnd = false
    }
    return areAtEnd
  }

  isReady(nowMs: number): boolean {
    return this.#chooser.isReady(nowMs)
  }

  /** The input to take the next record from; undefined when there is none, or when it is to be waited for. */
  choose(nowMs: () => number): InputQueue | undefined {
    return this.#chooser.choose(nowMs)
  }

  /**
   * Positions to commit, with the times of operators. `all`: also of inputs that did not move since the
   * last commit.
   */
  offsetsToCommit(
    all: boolean,
    processorTimes: ReadonlyMap<string, number>,
  ): readonly CommitOffset[] {
    const offsets: CommitOffset[] = []
    for (const [key, { queue }] of this.#queues) {
      const { position, partitionTimeMs, source } = queue
      if (!all && this.#committed.get(key)?.offset === position) continue
      const metadata = encodeOffsetMetadata({ partitionTimeMs, processorTimes })
      offsets.push({ ...source, offset: position, metadata })
    }
    return offsets
  }

  committed(): void {
    this.#committed = this.#positions()
  }

  committedPositions(): readonly TopicPartitionOffset[] {
    return [...this.#queues].map(([key, { queue }]) => ({
      ...queue.source,
      offset: this.#committed.get(key)?.offset ?? queue.position,
    }))
  }

  /** Where the last commit was in one input. */
  committedOffset({ topic, partition }: TopicPartition): number {
    return this.#committed.get(partitionKey(topic, partition))?.offset ?? 0
  }

  /** Forgets what waits, and goes on from the last commit. */
  rollback(): void {
    for (const [key, { queue }] of this.#queues) {
      const start = this.#committed.get(key)
      if (start !== undefined) queue.reset(start.offset, start.partitionTimeMs)
    }
    for (const { idleness } of this.#queues.values()) idleness?.reset()
  }

  #positions(): ReadonlyMap<string, Position> {
    return new Map(
      [...this.#queues].map(([key, { queue }]) => [
        key,
        { offset: queue.position, partitionTimeMs: queue.partitionTimeMs },
      ]),
    )
  }
}
