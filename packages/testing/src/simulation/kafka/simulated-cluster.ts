import type { BrokerNetwork } from './broker-network.ts'
import { ClusterTopics } from './cluster-topics.ts'
import { GroupCoordinator, type GroupSettings } from './group-coordinator.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'

/** The brokers' side: what is there beyond any client. */
export class SimulatedCluster {
  readonly network: BrokerNetwork
  readonly topics: ClusterTopics = new ClusterTopics()
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator

  constructor(network: BrokerNetwork, settings: GroupSettings) {
    this.network = network
    this.groups = new GroupCoordinator(network, this.topics, settings)
    this.transactions = new TransactionCoordinator(network)
  }
}
