import type {
  KafkaReader,
  PolledBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import type { ClientIdentity } from './broker-network.ts'
import { PartitionFetcher } from './partition-fetcher.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedConnection } from './simulated-connection.ts'

/** Reads what it assigns to itself; joins no group. */
export class SimulatedReader implements KafkaReader {
  readonly #connection: SimulatedConnection
  readonly #fetcher: PartitionFetcher

  constructor(cluster: SimulatedCluster, client: ClientIdentity) {
    this.#connection = new SimulatedConnection(cluster.network, client)
    this.#fetcher = new PartitionFetcher(cluster, this.#connection, 'reader.poll')
  }

  async add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#connection.turn('reader.position')
    this.#fetcher.setPositions(positions)
  }

  async remove(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#connection.turn('reader.position')
    this.#fetcher.remove(partitions)
  }

  async poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    await this.#connection.connect('poll')
    return this.#fetcher.poll(maxRecords, timeoutMs)
  }

  close(): Promise<void> {
    this.#connection.close()
    return Promise.resolve()
  }
}
