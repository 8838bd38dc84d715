import type { BrokerNetwork } from './broker-network.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { PartitionLog } from './partition-log.ts'

/** Who a producer is to the brokers. A higher epoch of the same id fences the lower ones. */
export interface ProducerIdentity {
  readonly transactionalId: string
  readonly producerId: number
  readonly epoch: number
}

/** One transaction of a producer: they are counted, so that an old one is not taken for the next. */
export interface TransactionIdentity extends ProducerIdentity {
  readonly sequence: number
}

export type TransactionEnd = 'committed' | 'aborted'

/** `busy`: the markers of the transaction before are still being written; ask again. */
export type AddResult = 'ok' | 'fenced' | 'busy'

/** `refused`: the transaction has ended the other way. */
export type EndResult = 'ok' | 'fenced' | 'refused'

/** What may be in a transaction, and gets a marker when it ends. */
interface Participant {
  readonly broker: number
  readonly writeMarker: (end: TransactionEnd) => void
}

interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  epoch: number
  timeoutMs: number
  /** `idle`: nothing was added since the last end. `ending`: it is decided, markers are missing. */
  phase: 'idle' | 'open' | 'ending'
  sequence: number
  lastEnd: TransactionEnd | undefined
  participants: Map<PartitionLog | GroupOffsets, Participant>
  cancelTimeout: () => void
  readonly waiting: (() => void)[]
}

/**
 * Decides over transactions, as the broker that has the transactional id does.
 *
 * Semantics:
 * - A transaction is committed when this says so. Then the markers reach the participants, one by one,
 *   in any order: offsets may be stable before a changelog's last records are, and the other way round.
 * - `init` fences earlier producers of the id at once, and answers when what they left is aborted.
 * - A transaction that is open for longer than its time-out is aborted, and its producer fenced.
 */
export class TransactionCoordinator {
  readonly #network: BrokerNetwork
  readonly #byId = new Map<string, Transaction>()
  #producerIds = 1000

  constructor(network: BrokerNetwork) {
    this.#network = network
  }

  init(
    transactionalId: string,
    timeoutMs: number,
    done: (identity: ProducerIdentity) => void,
  ): void {
    const transaction = this.#byId.get(transactionalId) ?? this.#create(transactionalId)
    if (transaction.phase === 'open') {
      transaction.epoch++
      this.#decide(transaction, 'aborted')
    }
    this.#whenIdle(transaction, () => {
      transaction.epoch++
      transaction.timeoutMs = timeoutMs
      transaction.sequence = 0
      const { producerId, epoch } = transaction
      done({ transactionalId, producerId, epoch })
    })
  }

  addPartition(identity: TransactionIdentity, log: PartitionLog): AddResult {
    return this.#add(identity, log, {
      broker: this.#network.leaderOf(log),
      writeMarker: (end) => {
        log.appendMarker(identity.producerId, end)
      },
    })
  }

  addOffsets(identity: TransactionIdentity, groupId: string, offsets: GroupOffsets): AddResult {
    return this.#add(identity, offsets, {
      broker: this.#network.coordinatorOf(groupId),
      writeMarker: (end) => {
        offsets.endPending(identity.producerId, end)
      },
    })
  }

  /** Said again about a transaction that has ended so already, it is right again. */
  end(identity: TransactionIdentity, end: TransactionEnd): EndResult {
    const transaction = this.#current(identity)
    if (transaction === undefined) return 'fenced'
    if (transaction.phase === 'open') {
      this.#decide(transaction, end)
      return 'ok'
    }
    // Of a transaction that nothing has reached, there is nothing to end.
    if (transaction.sequence !== identity.sequence) return 'ok'
    return transaction.lastEnd === end ? 'ok' : 'refused'
  }

  #add(
    identity: TransactionIdentity,
    key: PartitionLog | GroupOffsets,
    participant: Participant,
  ): AddResult {
    const transaction = this.#current(identity)
    if (transaction === undefined) return 'fenced'
    if (transaction.phase === 'ending') return 'busy'
    if (transaction.phase === 'idle') this.#open(transaction, identity.sequence)
    if (!transaction.participants.has(key)) transaction.participants.set(key, participant)
    return 'ok'
  }

  #open(transaction: Transaction, sequence: number): void {
    transaction.phase = 'open'
    transaction.sequence = sequence
    const broker = this.#network.coordinatorOf(transaction.transactionalId)
    transaction.cancelTimeout = this.#network.onBroker(broker, transaction.timeoutMs, () => {
      transaction.epoch++
      this.#decide(transaction, 'aborted')
    })
  }

  #decide(transaction: Transaction, end: TransactionEnd): void {
    transaction.phase = 'ending'
    transaction.lastEnd = end
    transaction.cancelTimeout()
    const { faults } = this.#network
    const participants = [...transaction.participants.values()]
    let missing = participants.length
    for (const { broker, writeMarker } of participants) {
      this.#network.onBroker(broker, faults.markerDelayMs(), () => {
        writeMarker(end)
        if (--missing === 0) this.#finish(transaction)
      })
    }
  }

  #finish(transaction: Transaction): void {
    transaction.phase = 'idle'
    transaction.participants = new Map()
    for (const go of transaction.waiting.splice(0)) go()
  }

  #whenIdle(transaction: Transaction, go: () => void): void {
    if (transaction.phase === 'idle') go()
    else transaction.waiting.push(go)
  }

  #current({ transactionalId, epoch }: ProducerIdentity): Transaction | undefined {
    const transaction = this.#byId.get(transactionalId)
    return transaction?.epoch === epoch ? transaction : undefined
  }

  #create(transactionalId: string): Transaction {
    const transaction: Transaction = {
      transactionalId,
      producerId: this.#producerIds++,
      epoch: -1,
      timeoutMs: 0,
      phase: 'idle',
      sequence: 0,
      lastEnd: undefined,
      participants: new Map(),
      cancelTimeout: () => undefined,
      waiting: [],
    }
    this.#byId.set(transactionalId, transaction)
    return transaction
  }
}
