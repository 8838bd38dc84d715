import type {
  CommitOffset,
  CommittedOffset,
  GroupConsumer,
  GroupConsumerOptions,
  PolledBatch,
  RebalanceEvent,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { refusedMember } from './broker-error.ts'
import type { CallRequest, ClientIdentity } from './broker-network.ts'
import type { MemberIdentity } from './consumer-group.ts'
import { GroupMembership } from './group-membership.ts'
import type { KafkaOperation } from './kafka-faults.ts'
import { PartitionFetcher } from './partition-fetcher.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedConnection } from './simulated-connection.ts'

/** As in the real adapter: how long an undecided transaction is waited for. */
const COMMITTED_TIMEOUT_MS = 30_000

const COMMIT_TIMEOUT_MS = 60_000

/** A group member. */
export class SimulatedGroupConsumer implements GroupConsumer {
  readonly groupId: string
  readonly #cluster: SimulatedCluster
  readonly #connection: SimulatedConnection
  readonly #membership: GroupMembership
  readonly #fetcher: PartitionFetcher

  constructor(
    cluster: SimulatedCluster,
    client: ClientIdentity,
    options: GroupConsumerOptions,
    cooperative: boolean,
  ) {
    this.groupId = options.groupId
    this.#cluster = cluster
    this.#connection = new SimulatedConnection(cluster.network, client)
    this.#fetcher = new PartitionFetcher(cluster, this.#connection, 'consumer.poll')
    this.#membership = new GroupMembership(cluster, client, options, {
      cooperative,
      onEvent: () => {
        this.#fetcher.rebalanceBegins()
      },
    })
  }

  /** For producers: who sends the offsets. */
  get identity(): MemberIdentity {
    return this.#membership.identity
  }

  get isAssignmentLost(): boolean {
    return this.#membership.isLost || !this.#connection.isConnected
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#connection.connect('subscribe')
    this.#membership.subscribe(topics)
  }

  async poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    await this.#connection.connect('poll')
    this.#membership.pollBegins()
    try {
      return await this.#fetcher.poll(maxRecords, timeoutMs)
    } finally {
      this.#membership.pollEnds()
    }
  }

  takeRebalance(): RebalanceEvent | undefined {
    return this.#membership.takeRebalance()
  }

  async assign(positions: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#connection.turn('consumer.position')
    this.#fetcher.setPositions(positions)
    this.#membership.answer('assigned')
  }

  async unassign(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#connection.turn('consumer.position')
    this.#fetcher.remove(partitions)
    this.#membership.answer('revoked')
  }

  async seek(positions: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#connection.turn('consumer.position')
    this.#fetcher.setPositions(positions.filter((position) => this.#fetcher.has(position)))
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#fetcher.pause(partitions.filter((partition) => this.#fetcher.has(partition)))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#fetcher.resume(partitions)
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    if (partitions.length === 0) return []
    await this.#connection.connect('committed')
    return this.#cluster.network.call<readonly CommittedOffset[]>(
      this.#request('consumer.committed', COMMITTED_TIMEOUT_MS),
      ({ resolve }) => {
        this.#cluster.groups.whenStable(this.groupId, partitions, resolve)
      },
    )
  }

  async commit(offsets: readonly CommitOffset[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#connection.connect('commit')
    const { identity } = this
    const request = this.#request('consumer.commit', COMMIT_TIMEOUT_MS)
    await this.#cluster.network.call<undefined>(request, ({ resolve, reject }) => {
      const problem = this.#cluster.groups.commit(this.groupId, identity, offsets)
      if (problem === undefined) resolve(undefined)
      else reject(refusedMember(problem, request.place))
    })
  }

  knownEndOffset(partition: TopicPartition): number | undefined {
    return this.#fetcher.knownEnd(partition)
  }

  async close(): Promise<void> {
    if (!this.#connection.close()) return
    await this.#membership.close()
  }

  #request(operation: KafkaOperation, timeoutMs: number): CallRequest {
    const { client } = this.#connection
    return {
      client,
      operation,
      broker: this.#cluster.network.coordinatorOf(this.groupId),
      timeoutMs,
      place: { operation, clientId: client.clientId, groupId: this.groupId },
    }
  }
}
