import type { GroupConsumer } from '../../kafka/group-consumer.ts'
import type { PartitionPipeline } from './partition-pipeline.ts'

type Waiting = Pick<
  PartitionPipeline,
  'topic' | 'partition' | 'waitingBytes' | 'hasCompleteBatches'
>

/**
 * Bounds the memory of records that wait for a sink's target. When all of its partitions together hold more than the
 * budget, those that hold more than their share are paused, until they or all of them are down to half.
 *
 * Invariant: a partition that is paused has batches that are complete, so its bytes fall without more input. A batch
 * that waits for its last record, as an aligned one does, would be waited for for ever otherwise.
 */
export class SinkBuffer {
  readonly #maxBytes: number
  readonly #paused = new Set<Waiting>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  adjust(pipelines: readonly Waiting[], consumer: Pick<GroupConsumer, 'pause' | 'resume'>): void {
    const bytes = pipelines.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0)
    const share = this.#maxBytes / Math.max(1, pipelines.length)
    for (const paused of [...this.#paused]) {
      if (!pipelines.includes(paused)) this.#paused.delete(paused)
    }
    const resumed = [...this.#paused].filter(
      ({ waitingBytes, hasCompleteBatches }) =>
        !hasCompleteBatches || waitingBytes * 2 <= share || bytes * 2 <= this.#maxBytes,
    )
    for (const one of resumed) this.#paused.delete(one)
    if (resumed.length > 0) consumer.resume(resumed.map(partitionOf))
    if (bytes <= this.#maxBytes) return
    const paused = pipelines.filter(
      (one) => one.waitingBytes > share && one.hasCompleteBatches && !this.#paused.has(one),
    )
    for (const one of paused) this.#paused.add(one)
    if (paused.length > 0) consumer.pause(paused.map(partitionOf))
  }
}

function partitionOf({ topic, partition }: Waiting): { topic: string; partition: number } {
  return { topic, partition }
}
