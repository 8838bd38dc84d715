import {
  type CommitOffset,
  type GroupConsumer,
  MillraceError,
  type ProducerRecord,
  type TransactionalProducer,
  type TransactionalProducerOptions,
} from '@millrace/core/internal'
import {
  brokerError,
  type ErrorPlace,
  fencedProducer,
  refusedMember,
  staleGeneration,
  transactionLost,
  unavailable,
} from './broker-error.ts'
import type { Answer, CallRequest, ClientIdentity } from './broker-network.ts'
import type { KafkaOperation } from './kafka-faults.ts'
import { RecordQueue } from './record-queue.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedConnection } from './simulated-connection.ts'
import { SimulatedGroupConsumer } from './simulated-group-consumer.ts'
import type {
  ProducerIdentity,
  TransactionEnd,
  TransactionIdentity,
} from './transaction-coordinator.ts'

/** As in the real adapter: a call that takes longer rejects with 'retry'. */
const CALL_TIMEOUT_MS = 30_000

const BUSY_WAIT_MS = 10

/** What is wrong with a record decides over the transaction; anything else only ends it. */
const DECISIVE: ReadonlySet<string> = new Set([
  'MR_PRODUCER_FENCED',
  'MR_RECORD_TOO_LARGE',
  'MR_UNKNOWN_TOPIC',
])

/**
 * A transactional producer.
 *
 * Semantics: once a call was refused because of the transaction, commit is refused, too, until it is
 * aborted. Once the producer was fenced, everything is refused for good.
 */
export class SimulatedTransactionalProducer implements TransactionalProducer {
  readonly #cluster: SimulatedCluster
  readonly #connection: SimulatedConnection
  readonly #options: TransactionalProducerOptions
  readonly #queue: RecordQueue
  #identity: ProducerIdentity | undefined
  #sequence = 0
  #isOpen = false
  /** Whether the brokers may know of the open transaction. */
  #isKnown = false
  #mustAbort: MillraceError | undefined
  #fatal: MillraceError | undefined

  constructor(
    cluster: SimulatedCluster,
    client: ClientIdentity,
    options: TransactionalProducerOptions,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#connection = new SimulatedConnection(cluster.network, client)
    const { clientId } = client
    const { transactionalId, transactionTimeoutMs } = options
    this.#queue = new RecordQueue(cluster, this.#connection, {
      place: { clientId, transactionalId },
      deliveryTimeoutMs: transactionTimeoutMs,
      transaction: () => this.#transaction('send'),
    })
  }

  async init(): Promise<void> {
    await this.#connection.connect('init')
    const { transactionalId, transactionTimeoutMs } = this.#options
    this.#identity = await this.#cluster.network.call<ProducerIdentity>(
      this.#request('producer.init', this.#coordinator()),
      ({ resolve }) => {
        this.#cluster.transactions.init(transactionalId, transactionTimeoutMs, resolve)
      },
    )
  }

  async begin(): Promise<void> {
    await this.#connection.turn('producer.begin')
    this.#assertUsable('begin')
    if (this.#isOpen) throw this.#wrongState('begin', 'a transaction is open already')
    this.#queue.forgetFailure()
    this.#isOpen = true
    this.#isKnown = false
    this.#mustAbort = undefined
    this.#sequence++
  }

  send(record: ProducerRecord): void {
    if (!this.#connection.isConnected) throw unavailable(this.#place('send'))
    if (!this.#isOpen) throw this.#wrongState('send', 'no transaction is open')
    this.#isKnown = true
    this.#queue.send(record)
  }

  async flush(): Promise<void> {
    await this.#connection.connect('flush')
    this.#assertUsable('flush')
    await this.#drain('flush')
  }

  async sendOffsets(offsets: readonly CommitOffset[], consumer: GroupConsumer): Promise<void> {
    if (offsets.length === 0) return
    if (!(consumer instanceof SimulatedGroupConsumer)) {
      throw new TypeError('the consumer must come from the same Kafka port as the producer')
    }
    await this.#connection.connect('sendOffsets')
    this.#assertUsable('sendOffsets')
    this.#assertMember(consumer)
    const transaction = this.#transaction('sendOffsets')
    this.#isKnown = true
    const { network } = this.#cluster
    const request = this.#request('producer.sendOffsets', network.coordinatorOf(consumer.groupId))
    const member = consumer.identity
    await this.#inTransaction(
      network.call<undefined>(request, (answer) => {
        const attempt = (): void => {
          // A call that was given up is not gone on with in the next transaction.
          if (!this.#isOpen || transaction.sequence !== this.#sequence) return
          if (this.#addOffsets({ transaction, offsets, consumer, member }, answer)) return
          this.#connection.client.process.request(BUSY_WAIT_MS, 'producer.sendOffsets', attempt)
        }
        attempt()
      }),
    )
    this.#assertMember(consumer)
  }

  async commit(): Promise<void> {
    await this.#connection.connect('commit')
    this.#assertUsable('commit')
    await this.#drain('commit')
    if (this.#mustAbort !== undefined) throw this.#mustAbort
    await this.#end('producer.commit', 'committed')
  }

  async abort(): Promise<void> {
    await this.#connection.connect('abort')
    this.#assertUsable('abort')
    this.#queue.drop()
    await this.#end('producer.abort', 'aborted')
  }

  close(): Promise<void> {
    this.#connection.close()
    this.#queue.drop()
    return Promise.resolve()
  }

  async #end(operation: 'producer.abort' | 'producer.commit', end: TransactionEnd): Promise<void> {
    if (!this.#isOpen) throw this.#wrongState(operation, 'no transaction is open')
    const transaction = this.#transaction(operation)
    if (this.#isKnown) {
      const request = this.#request(operation, this.#coordinator())
      await this.#inTransaction(
        this.#cluster.network.call<undefined>(request, ({ resolve, reject }) => {
          const result = this.#cluster.transactions.end(transaction, end)
          if (result === 'ok') resolve(undefined)
          else if (result === 'fenced') reject(fencedProducer(request.place))
          else reject(this.#wrongState(operation, 'the transaction has ended the other way'))
        }),
      )
    } else {
      await this.#connection.turn(operation)
    }
    this.#isOpen = false
    this.#mustAbort = undefined
  }

  /** Waits for what is queued. @throws why the transaction cannot be committed, if it cannot. */
  async #drain(operation: string): Promise<void> {
    const isDrained = await this.#queue.drain()
    this.#connection.assertOpen(operation)
    const { failure } = this.#queue
    if (failure !== undefined) {
      const reason = DECISIVE.has(failure.code) ? failure : transactionLost(this.#place(operation))
      this.#note(reason)
      throw reason
    }
    if (!isDrained) throw unavailable(this.#place(operation))
  }

  /** False when it has to be tried again. */
  #addOffsets(
    sent: {
      readonly transaction: TransactionIdentity
      readonly offsets: readonly CommitOffset[]
      readonly consumer: SimulatedGroupConsumer
      readonly member: SimulatedGroupConsumer['identity']
    },
    answer: Answer<undefined>,
  ): boolean {
    const { transaction, offsets, consumer, member } = sent
    const { groups, transactions, network } = this.#cluster
    const { groupId } = consumer
    const place = { ...this.#place('sendOffsets'), groupId }
    const stored = groups.offsets(groupId)
    const added = transactions.addOffsets(transaction, groupId, stored)
    if (added === 'busy') return false
    // Offsets that come without any id are taken: producers from before KIP-447 send them so.
    const isAnonymous = member.memberId === '' && member.groupInstanceId === undefined
    const problem = isAnonymous ? undefined : groups.membership(groupId).problemOf(member)
    if (added === 'fenced') answer.reject(fencedProducer(place))
    else if (problem !== undefined) answer.reject(refusedMember(problem, place))
    else {
      stored.addPending(transaction.producerId, offsets, network.scheduler.nowMs())
      answer.resolve(undefined)
    }
    return true
  }

  async #inTransaction(call: Promise<undefined>): Promise<void> {
    try {
      await call
    } catch (error) {
      this.#note(error)
      throw error
    }
  }

  /** What a refusal means for the calls that follow. */
  #note(error: unknown): void {
    if (!MillraceError.is(error)) return
    if (error.code === 'MR_PRODUCER_FENCED') this.#fatal ??= error
    else if (error.action !== 'retry') this.#mustAbort ??= error
  }

  #assertUsable(operation: string): void {
    if (this.#fatal !== undefined) throw fencedProducer(this.#place(operation))
  }

  #assertMember(consumer: SimulatedGroupConsumer): void {
    if (!consumer.isAssignmentLost) return
    const { groupId } = consumer
    throw staleGeneration({ ...this.#place('sendOffsets'), groupId })
  }

  #transaction(operation: string): TransactionIdentity {
    if (this.#identity === undefined) throw this.#wrongState(operation, 'init comes first')
    return { ...this.#identity, sequence: this.#sequence }
  }

  #coordinator(): number {
    return this.#cluster.network.coordinatorOf(this.#options.transactionalId)
  }

  #request(operation: KafkaOperation, broker: number): CallRequest {
    return {
      client: this.#connection.client,
      operation,
      broker,
      timeoutMs: Math.min(CALL_TIMEOUT_MS, this.#options.transactionTimeoutMs),
      place: this.#place(operation),
    }
  }

  #wrongState(operation: string, reason: string): MillraceError {
    return brokerError('MR_KAFKA', reason, this.#place(operation))
  }

  #place(operation: string): ErrorPlace {
    const { clientId, transactionalId } = this.#options
    return { operation, clientId, transactionalId }
  }
}
