import type {
  GroupConsumer,
  KafkaAdmin,
  KafkaPort,
  KafkaProducer,
  KafkaReader,
  TransactionalProducer,
} from '@millrace/core/internal'

/** Calls of the Kafka port at which something can be made to happen. */
export type FaultPoint =
  | 'begin'
  | 'sendOffsets'
  | 'commit'
  | 'abort'
  | 'flush'
  | 'commitOffsets'
  | 'poll'
  | 'restorePoll'
  | 'describeTopics'

export interface FaultMoment {
  readonly point: FaultPoint
  readonly when: 'before' | 'after'
  /** Records that were sent through this port so far. */
  readonly sent: number
  /** Sends what is queued to the broker, so that the transaction is there and not only planned. */
  readonly flush: () => Promise<void>
}

/** May end the process, or throw what the call shall reject with. */
export type FaultHook = (moment: FaultMoment) => Promise<void> | void

/** A port on which `hook` is called before and after each call of {@link FaultPoint}. */
export function withFaults(kafka: KafkaPort, hook: FaultHook): KafkaPort {
  let sent = 0
  let flush = (): Promise<void> => Promise.resolve()

  /** Runs `call` between the two moments. */
  const around = async <T>(point: FaultPoint, call: () => Promise<T>): Promise<T> => {
    await hook({ point, when: 'before', sent, flush })
    const result = await call()
    await hook({ point, when: 'after', sent, flush })
    return result
  }
  const watchSends = <P extends KafkaProducer>(producer: P): P => {
    const send = producer.send.bind(producer)
    flush = producer.flush.bind(producer)
    producer.send = (record) => {
      send(record)
      sent++
    }
    return producer
  }
  return {
    groupConsumer: (options) => hookConsumer(kafka.groupConsumer(options), around),
    producer: (options) => {
      if (isOfStandbys(options)) return kafka.producer(options)
      const producer = watchSends(kafka.producer(options))
      const flushed = producer.flush.bind(producer)
      producer.flush = () => around('flush', flushed)
      return producer
    },
    transactionalProducer: (options) =>
      hookTransactions(watchSends(kafka.transactionalProducer(options)), around),
    reader: (options) => {
      const reader = kafka.reader(options)
      return isOfStandbys(options) ? reader : hookReader(reader, around)
    },
    admin: (options) => hookAdmin(kafka.admin(options), around),
  }
}

/** What members tell each other goes on beside the processing. */
function isOfStandbys({ clientId }: { readonly clientId: string }): boolean {
  return clientId.endsWith('-members') || clientId.endsWith('-standby')
}

type Around = <T>(point: FaultPoint, call: () => Promise<T>) => Promise<T>

// The methods of the real objects are replaced: the producer accepts consumers of its own port only.

function hookTransactions(producer: TransactionalProducer, around: Around): TransactionalProducer {
  const begin = producer.begin.bind(producer)
  const sendOffsets = producer.sendOffsets.bind(producer)
  const commit = producer.commit.bind(producer)
  const abort = producer.abort.bind(producer)
  producer.begin = () => around('begin', begin)
  producer.sendOffsets = (...args) => around('sendOffsets', () => sendOffsets(...args))
  producer.commit = () => around('commit', commit)
  producer.abort = () => around('abort', abort)
  return producer
}

function hookConsumer(consumer: GroupConsumer, around: Around): GroupConsumer {
  const commit = consumer.commit.bind(consumer)
  const poll = consumer.poll.bind(consumer)
  consumer.commit = (offsets) => around('commitOffsets', () => commit(offsets))
  consumer.poll = (...args) => around('poll', () => poll(...args))
  return consumer
}

function hookReader(reader: KafkaReader, around: Around): KafkaReader {
  const poll = reader.poll.bind(reader)
  reader.poll = (...args) => around('restorePoll', () => poll(...args))
  return reader
}

function hookAdmin(admin: KafkaAdmin, around: Around): KafkaAdmin {
  const describeTopics = admin.describeTopics.bind(admin)
  admin.describeTopics = (topics) => around('describeTopics', () => describeTopics(topics))
  return admin
}
