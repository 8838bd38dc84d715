import { MillraceError, partitionForKey, type ProducerRecord } from '@millrace/core/internal'
import { brokerError, type ErrorPlace, fencedProducer, unknownTopic } from './broker-error.ts'
import type { Answer } from './broker-network.ts'
import type { UnplacedRecord } from './partition-log.ts'
import { partitionText } from './partition-text.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import type { SimulatedConnection } from './simulated-connection.ts'
import type { TransactionIdentity } from './transaction-coordinator.ts'

export interface RecordQueueOptions {
  readonly place: Omit<ErrorPlace, 'operation'>
  /** How long a record is tried to be delivered. */
  readonly deliveryTimeoutMs: number
  /** The transaction that records are sent in now; undefined for a producer without any. */
  readonly transaction: () => TransactionIdentity | undefined
}

/** Records on their way to one partition: one request at a time keeps their order. */
interface Lane {
  readonly topic: string
  readonly partition: number
  queued: UnplacedRecord[]
  giveUp: (() => void) | undefined
}

/** As `linger.ms`: what is sent within it goes in one request. */
const LINGER_MS = 5

/** As `retry.backoff.ms`: while the markers of the transaction before are being written. */
const BUSY_WAIT_MS = 10

/** As the client's `message.max.bytes`. */
const MAX_RECORD_BYTES = 1_000_000

const FLUSH_TIMEOUT_MS = 30_000

/** The records that a producer has not delivered yet. */
export class RecordQueue {
  readonly #cluster: SimulatedCluster
  readonly #connection: SimulatedConnection
  readonly #options: RecordQueueOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #waiting = new Set<() => void>()
  #cancelLinger: (() => void) | undefined
  #failure: MillraceError | undefined

  constructor(
    cluster: SimulatedCluster,
    connection: SimulatedConnection,
    options: RecordQueueOptions,
  ) {
    this.#cluster = cluster
    this.#connection = connection
    this.#options = options
  }

  /** Why the first record was not delivered that was not. */
  get failure(): MillraceError | undefined {
    return this.#failure
  }

  forgetFailure(): void {
    this.#failure = undefined
  }

  /** @throws MillraceError for a record that is too large for any topic. */
  send(record: ProducerRecord): void {
    const { topic, key, value, timestampMs, headers } = record
    if ((key?.length ?? 0) + (value?.length ?? 0) > MAX_RECORD_BYTES) {
      throw tooLarge({ ...this.#options.place, operation: 'send', topic })
    }
    const partition = record.partition ?? this.#partitionOf(record)
    this.#lane(topic, partition).queued.push({
      topic,
      partition,
      timestamp: timestampMs,
      key: copyOf(key),
      value: copyOf(value),
      headers: headers.map((header) => ({ key: header.key, value: copyOf(header.value) })),
    })
    this.#cancelLinger ??= this.#connection.client.process.setTimer(LINGER_MS, () => {
      this.#dispatchAll()
    })
  }

  /** Resolves when nothing is queued or on its way, whatever came of it; false when that takes too long. */
  async drain(): Promise<boolean> {
    this.#dispatchAll()
    if (this.#isIdle()) return true
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        cancel()
        resolve(true)
      }
      const cancel = this.#connection.client.process.setTimer(FLUSH_TIMEOUT_MS, () => {
        this.#waiting.delete(done)
        resolve(false)
      })
      this.#waiting.add(done)
    })
  }

  /** Gives up what is not delivered. What has arrived already stays where it is. */
  drop(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    for (const { giveUp } of this.#lanes.values()) giveUp?.()
    this.#lanes.clear()
    this.#failure = undefined
    this.#wakeWhenIdle()
  }

  #dispatchAll(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    for (const lane of this.#lanes.values()) this.#dispatch(lane)
  }

  #dispatch(lane: Lane): void {
    if (lane.giveUp !== undefined || lane.queued.length === 0) return
    const records = lane.queued
    lane.queued = []
    let isOver = false
    const finish = (error?: unknown): void => {
      isOver = true
      lane.giveUp = undefined
      if (MillraceError.is(error)) this.#failure ??= error
      this.#dispatch(lane)
      this.#wakeWhenIdle()
    }
    const { client } = this.#connection
    const { topic, partition } = lane
    const place = { ...this.#options.place, operation: 'flush', topic, partition }
    const transaction = this.#options.transaction()
    const cancel = this.#cluster.network.send<undefined>(
      {
        client,
        operation: 'producer.produce',
        broker: this.#cluster.network.leaderOf(lane),
        timeoutMs: this.#options.deliveryTimeoutMs,
        place,
      },
      (answer) => {
        const attempt = (): void => {
          if (isOver || this.#append(records, { place, transaction, answer })) return
          client.process.request(BUSY_WAIT_MS, 'producer.produce', attempt)
        }
        attempt()
      },
      {
        resolve: () => {
          finish()
        },
        reject: (error) => {
          finish(error)
        },
      },
    )
    lane.giveUp = () => {
      isOver = true
      cancel()
    }
  }

  /** False when it has to be tried again. */
  #append(
    records: readonly UnplacedRecord[],
    at: {
      readonly place: ErrorPlace
      readonly transaction: TransactionIdentity | undefined
      readonly answer: Answer<undefined>
    },
  ): boolean {
    const { place, transaction, answer } = at
    const { topic = '', partition = 0 } = place
    const { topics, transactions } = this.#cluster
    const log = topics.log({ topic, partition })
    if (log === undefined) {
      answer.reject(unknownTopic(place))
      return true
    }
    if (transaction !== undefined) {
      const added = transactions.addPartition(transaction, log)
      if (added === 'busy') return false
      if (added === 'fenced') {
        answer.reject(fencedProducer(place))
        return true
      }
    }
    if (records.some((record) => bytesOf(record) > topics.maxMessageBytes(topic))) {
      answer.reject(tooLarge(place))
      return true
    }
    for (const record of records) log.append(record, transaction?.producerId)
    log.notify()
    answer.resolve(undefined)
    return true
  }

  #lane(topic: string, partition: number): Lane {
    const key = partitionText({ topic, partition })
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const lane: Lane = { topic, partition, queued: [], giveUp: undefined }
    this.#lanes.set(key, lane)
    return lane
  }

  #partitionOf({ topic, key }: ProducerRecord): number {
    const count = this.#cluster.topics.get(topic)?.partitions.length ?? 1
    return key === null ? this.#cluster.network.faults.choose(count) : partitionForKey(key, count)
  }

  #isIdle(): boolean {
    for (const { queued, giveUp } of this.#lanes.values()) {
      if (queued.length > 0 || giveUp !== undefined) return false
    }
    return true
  }

  #wakeWhenIdle(): void {
    if (!this.#isIdle()) return
    for (const wake of [...this.#waiting]) wake()
  }
}

function tooLarge(place: ErrorPlace): MillraceError {
  return brokerError(
    'MR_RECORD_TOO_LARGE',
    `a record is too large for topic ${place.topic ?? ''}`,
    place,
  )
}

/** The client copies as well: what the sender does with its memory afterwards changes nothing. */
function copyOf(data: Uint8Array | null): Buffer | null {
  return data === null ? null : Buffer.from(data)
}

/** What surrounds key and value in a batch of one. */
const RECORD_OVERHEAD_BYTES = 70

function bytesOf({ key, value }: UnplacedRecord): number {
  return RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
}
