import { MillraceError } from '@millrace/core'
import { deferred, type KafkaPort, type TransactionalProducer } from '@millrace/core/internal'
import type { SinkInterruption, SinkStep } from '@millrace/testing'

interface Fault {
  readonly step: SinkStep
  readonly how: 'cut' | 'stall'
  readonly reached: () => void
  readonly resumed: Promise<undefined>
}

/** The Kafka of one process, whose connection breaks when it is told to. */
export class FaultyKafka {
  /** The process is dead: nothing of it reaches a broker any more, and nothing is ended in order. */
  isDead = false
  isDown = false
  #fault: Fault | undefined
  readonly #left: TransactionalProducer[] = []
  readonly #epochs: Map<string, number>
  readonly #end: () => Promise<number>
  /** Transactions that were not decided, by transactional id. */
  readonly #open = new Map<string, { readonly epoch: number; readonly from: number }>()

  /**
   * `epochs`, by transactional id: how often it was claimed, by all processes. `end`: that of the topic which is
   * written to.
   */
  constructor(epochs: Map<string, number>, end: () => Promise<number>) {
    this.#epochs = epochs
    this.#end = end
  }

  /** Before this offset every transaction is decided, or soon; undefined when none is left open by this process. */
  get openFrom(): number | undefined {
    if (this.isDead) return undefined
    // A claim by another decides it.
    const left = [...this.#open].filter(([id, { epoch }]) => this.#epochs.get(id) === epoch)
    return left.length === 0 ? undefined : Math.min(...left.map(([, { from }]) => from))
  }

  async begins(transactionalId: string, epoch: number): Promise<void> {
    this.#open.set(transactionalId, { epoch, from: await this.#end() })
  }

  ended(transactionalId: string): void {
    this.#open.delete(transactionalId)
  }

  through(kafka: KafkaPort): KafkaPort {
    return {
      ...kafka,
      admin: (options) => {
        const admin = kafka.admin(options)
        const describeTopics = admin.describeTopics.bind(admin)
        admin.describeTopics = async (topics) => {
          this.assertUp()
          return describeTopics(topics)
        }
        return admin
      },
      transactionalProducer: (options) => {
        const producer = kafka.transactionalProducer(options)
        this.#left.push(producer)
        return faultyProducer(producer, this, options.transactionalId)
      },
    }
  }

  arm(step: SinkStep, how: 'cut' | 'stall'): SinkInterruption {
    const reached = deferred<undefined>()
    const resumed = deferred<undefined>()
    this.#fault = {
      step,
      how,
      reached: () => {
        reached.resolve(undefined)
      },
      resumed: resumed.promise,
    }
    return {
      reached: reached.promise.then(() => undefined),
      resume: () => {
        resumed.resolve(undefined)
      },
    }
  }

  /** Takes the fault of this step, if it is armed. Rejects when the connection is cut here. */
  async pass(step: SinkStep): Promise<void> {
    const fault = this.#fault
    if (fault?.step !== step) return
    this.#fault = undefined
    fault.reached()
    if (fault.how === 'cut') throw unavailable()
    await fault.resumed
  }

  assertUp(): void {
    if (this.isDead || this.isDown) throw unavailable()
  }

  /** A new claim. */
  nextEpoch(transactionalId: string): number {
    const epoch = (this.#epochs.get(transactionalId) ?? 0) + 1
    this.#epochs.set(transactionalId, epoch)
    return epoch
  }

  assertEpoch(transactionalId: string, epoch: number): void {
    if (this.#epochs.get(transactionalId) === epoch) return
    throw new MillraceError('MR_PRODUCER_FENCED', 'another has claimed the transactional id')
  }

  /** What the process has left behind. */
  async close(): Promise<void> {
    await Promise.all(this.#left.map((producer) => producer.close()))
  }
}

/**
 * A commit whose answer was lost is found out when it is asked for again, as the client does it: the broker tells the
 * same once more, unless the id was claimed meanwhile.
 */
function faultyProducer(
  producer: TransactionalProducer,
  kafka: FaultyKafka,
  transactionalId: string,
): TransactionalProducer {
  let isCommitted = false
  let epoch = 0
  const up = async (call: () => Promise<void>): Promise<void> => {
    kafka.assertUp()
    await call()
  }
  return {
    init: () =>
      up(async () => {
        await producer.init()
        epoch = kafka.nextEpoch(transactionalId)
      }),
    begin: () =>
      up(async () => {
        await kafka.pass('before-write')
        kafka.assertUp()
        isCommitted = false
        await kafka.begins(transactionalId, epoch)
        await producer.begin()
      }),
    send: (record) => {
      kafka.assertUp()
      producer.send(record)
    },
    flush: () => up(() => producer.flush()),
    sendOffsets: (offsets, consumer) => up(() => producer.sendOffsets(offsets, consumer)),
    commit: () =>
      up(async () => {
        if (isCommitted) {
          kafka.assertEpoch(transactionalId, epoch)
          return
        }
        await kafka.pass('before-commit')
        kafka.assertUp()
        await producer.commit()
        isCommitted = true
        kafka.ended(transactionalId)
        await kafka.pass('after-commit')
      }),
    abort: () =>
      up(async () => {
        await producer.abort()
        kafka.ended(transactionalId)
      }),
    close: () => (kafka.isDead ? Promise.resolve() : producer.close()),
  }
}

function unavailable(): MillraceError {
  return new MillraceError('MR_BROKER_UNAVAILABLE', 'the connection is cut')
}
