import { type KafkaProducer, MillraceError, type ProducerRecord } from '@millrace/core/internal'
import { brokerError, unavailable } from './broker-error.ts'
import type { ClientIdentity } from './broker-network.ts'
import { RecordQueue } from './record-queue.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedConnection } from './simulated-connection.ts'

const DELIVERY_TIMEOUT_MS = 120_000

/** An idempotent producer. Its first record connects it. */
export class SimulatedProducer implements KafkaProducer {
  readonly #connection: SimulatedConnection
  readonly #queue: RecordQueue

  constructor(cluster: SimulatedCluster, client: ClientIdentity) {
    this.#connection = new SimulatedConnection(cluster.network, client)
    this.#queue = new RecordQueue(cluster, this.#connection, {
      place: { clientId: client.clientId },
      deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
      transaction: () => undefined,
    })
  }

  send(record: ProducerRecord): void {
    this.#connection.assertOpen('send')
    this.#queue.send(record)
  }

  async flush(): Promise<void> {
    await this.#connection.connect('flush')
    const { clientId } = this.#connection.client
    const place = { operation: 'flush', clientId }
    const isDrained = await this.#queue.drain()
    this.#connection.assertOpen('flush')
    const { failure } = this.#queue
    this.#queue.forgetFailure()
    if (failure !== undefined) throw undelivered(failure)
    if (!isDrained) throw unavailable(place)
  }

  close(): Promise<void> {
    this.#connection.close()
    this.#queue.drop()
    return Promise.resolve()
  }
}

/** The client has given the record up: to flush again would be to lose it. */
function undelivered(failure: MillraceError): MillraceError {
  if (!MillraceError.is(failure, 'MR_BROKER_UNAVAILABLE')) return failure
  const { operation = 'flush', topic = '' } = failure.at
  return brokerError('MR_TRANSACTION_ABORTED', `a record was not delivered to ${topic} in time`, {
    operation: String(operation),
    topic: String(topic),
  })
}
