import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { CommitOffset } from '../kafka/group-consumer.ts'
import {
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../record/topic-partition.ts'
import { InputChooser, type InputChooserOptions } from './input-chooser.ts'
import { encodeOffsetMetadata } from './offset-metadata.ts'
import { type RecordDecoder, RecordQueue } from './record-queue.ts'

/** A source partition of a task, and where to go on. */
export interface TaskInput extends TopicPartition {
  /** The source node that reads it. */
  readonly sourceNode: string
  readonly offset: number
  readonly partitionTimeMs: number
  /** What operators committed with the offset. */
  readonly operatorTimes: ReadonlyMap<string, number>
}

/** A queue of records, and the source node that they are for. */
export interface InputQueue {
  readonly sourceNode: string
  readonly queue: RecordQueue
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
  /** What the last commit holds, per input: where a roll-back goes to. */
  #committed: ReadonlyMap<string, Position>

  constructor({ inputs, decoderFor, maxTaskIdleMs }: TaskInputsParts) {
    this.#queues = new Map(
      inputs.map(({ topic, partition, offset, partitionTimeMs, sourceNode }) => {
        const queue = new RecordQueue({ topic, partition }, offset, decoderFor(sourceNode))
        queue.partitionTimeMs = partitionTimeMs
        return [partitionKey(topic, partition), { queue, sourceNode }]
      }),
    )
    this.#chooser = new InputChooser([...this.#queues.values()], { maxTaskIdleMs })
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

  /** Forgets what waits, and goes on from the last commit. */
  rollback(): void {
    for (const [key, { queue }] of this.#queues) {
      const start = this.#committed.get(key)
      if (start !== undefined) queue.reset(start.offset, start.partitionTimeMs)
    }
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
