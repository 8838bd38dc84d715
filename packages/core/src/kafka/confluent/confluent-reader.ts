import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { PolledBatch } from '../group-consumer.ts'
import type { KafkaReader } from '../reader.ts'
import { ClientConnection } from './client-connection.ts'
import { CODE } from './client-error.ts'
import type { ClientSettings } from './client-settings.ts'
import { ConsumerPoll } from './consumer-poll.ts'
import { createNativeConsumer, type NativeConsumer } from './native-consumer.ts'
import { PartitionSet } from './partition-set.ts'

/** Reads what it assigns to itself; joins no group. */
export class ConfluentReader implements KafkaReader {
  readonly #connection: ClientConnection<NativeConsumer>
  readonly #poll: ConsumerPoll
  readonly #assigned = new PartitionSet()

  constructor(clientId: string, settings: ClientSettings, logger: Logger) {
    this.#connection = new ClientConnection({
      create: () => {
        const consumer = createNativeConsumer(settings, undefined)
        this.#poll.listen(consumer)
        return consumer
      },
      disconnect: (consumer, done) => consumer.disconnect(done),
      context: { clientId },
      logger,
      onError: (error) => {
        this.#poll.noteClientError(error)
      },
    })
    // librdkafka looks for the coordinator of the group that it never joins: a principal without
    // rights on that group would otherwise be refused to read.
    this.#poll = new ConsumerPoll(this.#connection, [CODE.groupAuthorization])
  }

  async add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    const consumer = await this.#connection.connect()
    try {
      const again = positions.filter((position) => this.#assigned.has(position))
      if (again.length > 0) consumer.incrementalUnassign(again)
      consumer.incrementalAssign(positions)
    } catch (error) {
      throw this.#connection.translate(error, 'assign')
    }
    this.#assigned.add(positions)
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    const removed = partitions.filter((partition) => this.#assigned.has(partition))
    if (removed.length === 0) return
    const consumer = await this.#connection.connect()
    try {
      consumer.incrementalUnassign(removed)
    } catch (error) {
      throw this.#connection.translate(error, 'unassign')
    }
    this.#assigned.delete(removed)
  }

  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    return this.#poll.poll(maxRecords, timeoutMs, () => this.#assigned.topics())
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
