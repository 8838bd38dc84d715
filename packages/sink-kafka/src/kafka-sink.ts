import {
  MillraceError,
  type Sink,
  type SinkCapabilities,
  type SinkClaim,
  type SinkContext,
  type SinkWriter,
  type TopicPartition,
} from '@millrace/core'
import { createConfluentKafka, type KafkaAdmin, type KafkaPort } from '@millrace/core/internal'
import {
  type KafkaSinkConfig,
  type KafkaSinkOptions,
  resolveKafkaSinkOptions,
} from './kafka-sink-options.ts'
import { type ClaimedPartition, KafkaSinkWriter } from './kafka-sink-writer.ts'
import { positionKey } from './position-record.ts'
import { Positions } from './positions.ts'
import { targetError } from './target-error.ts'

/**
 * A topic, or several, of another Kafka cluster, exactly once: records and the position in the source are one
 * transaction of the target cluster, and a partition goes on from the position there. A writer whose partition
 * was claimed by another is fenced.
 *
 * Order per partition of the source is kept. Readers of the target must read committed data
 * (`isolation.level=read_committed`). Keys and values are encoded anew; timestamps and headers stay.
 *
 * A topic of the application's own cluster needs no sink: `stream.to(…)` is part of its transaction.
 *
 * @throws MillraceError `MR_CONFIG` that lists every invalid option
 */
export function kafkaSink<K, V>(options: KafkaSinkOptions<K, V>): Sink<K, V> {
  return new KafkaSink(resolveKafkaSinkOptions(options))
}

type CreateKafka = typeof createConfluentKafka

/** What an open sink has. */
interface Target {
  readonly context: SinkContext
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly positions: Positions
}

/** {@link kafkaSink}, over any client: tests break theirs. */
export class KafkaSink<K, V> implements Sink<K, V> {
  readonly kind = 'kafka'
  readonly capabilities: SinkCapabilities = { tier: 'transactional' }
  readonly #config: KafkaSinkConfig<K, V>
  readonly #createKafka: CreateKafka
  readonly #writers = new Set<SinkWriter<K, V>>()
  #target: Target | undefined

  constructor(config: KafkaSinkConfig<K, V>, createKafka: CreateKafka = createConfluentKafka) {
    this.#config = config
    this.#createKafka = createKafka
  }

  async open(context: SinkContext): Promise<void> {
    await this.close()
    const target = this.#connect(context)
    try {
      await this.#assertTopic(target)
      await target.positions.open()
      this.#target = target
    } catch (error) {
      await disconnect(target)
      throw targetError(error, 'Opening the sink', this.#place(context))
    }
  }

  async claim(claim: SinkClaim): Promise<SinkWriter<K, V>> {
    const target = this.#target
    if (target === undefined) throw new TypeError('the sink is not open')
    const { sinkId, owner, scheduler } = target.context
    const { topic, partition } = claim
    const take = (): Promise<ClaimedPartition> => this.#take(target, { topic, partition })
    const writer = new KafkaSinkWriter({
      config: this.#config,
      start: await take(),
      claimAgain: take,
      positionsTopic: target.positions.topic,
      sinkId,
      owner,
      topic,
      partition,
      nowMs: () => scheduler.nowMs(),
      onClose: (closed) => this.#writers.delete(closed),
    })
    this.#writers.add(writer)
    return writer
  }

  async close(): Promise<void> {
    const writers = [...this.#writers]
    const target = this.#target
    this.#writers.clear()
    this.#target = undefined
    await Promise.all(writers.map((writer) => writer.close()))
    if (target !== undefined) await disconnect(target)
  }

  async #take(
    { context, kafka, positions }: Target,
    source: TopicPartition,
  ): Promise<ClaimedPartition> {
    const { sinkId } = context
    const name = `${sinkId}-${source.topic}-${source.partition}`
    const producer = kafka.transactionalProducer({
      clientId: name,
      transactionalId: name,
      transactionTimeoutMs: this.#config.transactionTimeoutMs,
    })
    try {
      // First: from here on the writer before has no say, and what it left open is decided.
      await producer.init()
      return { producer, position: await positions.read(positionKey(sinkId, source)) }
    } catch (error) {
      await producer.close()
      throw targetError(error, 'Claiming', { ...this.#place(context), ...source })
    }
  }

  #connect(context: SinkContext): Target {
    const { brokers, kafka: overrides, positionsTopic, replicationFactor } = this.#config
    const { logger, sinkId } = context
    const kafka = this.#createKafka({ brokers, overrides, logger })
    const admin = kafka.admin({ clientId: `${sinkId}-admin` })
    const positions = new Positions({
      kafka,
      admin,
      topic: positionsTopic,
      clientId: `${sinkId}-positions`,
      replicationFactor,
    })
    return { context, kafka, admin, positions }
  }

  async #assertTopic({ admin, context }: Target): Promise<void> {
    const { topic } = this.#config
    if (typeof topic !== 'string') return
    if ((await admin.describeTopics([topic])).length > 0) return
    throw new MillraceError('MR_SINK_FAILED', `The target cluster has no topic ${topic}`, {
      hint: `Create the topic ${topic} there: a sink creates only its topic of positions.`,
      at: { ...this.#place(context), targetTopic: topic },
    })
  }

  #place({ sinkId }: SinkContext): Record<string, string> {
    return { sink: sinkId, cluster: this.#config.brokers.join(',') }
  }
}

/** What cannot be closed in time is left alone: it holds nothing that others wait for. */
async function disconnect({ positions, admin }: Target): Promise<void> {
  await Promise.allSettled([positions.close(), admin.close()])
}
