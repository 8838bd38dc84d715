import type { Awaitable } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'

/** Partition counts of the topics that partitioners choose from, asked for once. */
export class PartitionCounts {
  readonly #admin: KafkaAdmin
  readonly #known = new Map<string, number>()

  constructor(admin: KafkaAdmin) {
    this.#admin = admin
  }

  /** @throws MillraceError `MR_UNKNOWN_TOPIC` */
  get(topic: string): Awaitable<number> {
    return this.#known.get(topic) ?? this.#ask(topic)
  }

  async #ask(topic: string): Promise<number> {
    const [found] = await this.#admin.describeTopics([topic])
    if (found === undefined) {
      throw new MillraceError('MR_UNKNOWN_TOPIC', `Topic ${topic} does not exist`, {
        hint: 'Create the topic: Millrace creates internal topics only.',
        at: { topic },
      })
    }
    this.#known.set(topic, found.partitions)
    return found.partitions
  }
}
