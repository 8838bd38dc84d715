import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'

/** A set of partitions, compared by name and number. */
export class PartitionSet {
  readonly #byKey = new Map<string, TopicPartition>()

  has({ topic, partition }: TopicPartition): boolean {
    return this.#byKey.has(partitionKey(topic, partition))
  }

  add(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#byKey.set(partitionKey(topic, partition), { topic, partition })
    }
  }

  delete(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions)
      this.#byKey.delete(partitionKey(topic, partition))
  }

  /** Those of `partitions` that are in the set, each once. */
  intersection(partitions: readonly TopicPartition[]): readonly TopicPartition[] {
    const keys = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
    return [...this.#byKey].filter(([key]) => keys.has(key)).map(([, partition]) => partition)
  }

  list(): readonly TopicPartition[] {
    return [...this.#byKey.values()]
  }

  topics(): readonly string[] {
    return [...new Set(this.list().map(({ topic }) => topic))]
  }
}
