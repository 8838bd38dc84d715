import type {
  GroupConsumerOptions,
  ProducerOptions,
  TransactionalProducerOptions,
} from '../kafka-port.ts'
import { rebalanceProtocolOf } from './rebalance-protocol.ts'

/** Settings of librdkafka by their own names. */
export type RawSettings = Readonly<Record<string, string | number | boolean>>

/** The client takes them as two objects, and drops without a word what is in the wrong one. */
export interface ClientSettings {
  readonly global: RawSettings
  readonly topic: RawSettings
}

/** What all clients of one port have in common. */
export interface CommonSettings {
  readonly brokers: readonly string[]
  readonly overrides: RawSettings
}

/** Topic settings that a user may set in `kafka: {}` beside the others. */
const TOPIC_KEYS: ReadonlySet<string> = new Set([
  'acks',
  'auto.offset.reset',
  'compression.level',
  'consume.callback.max.messages',
  'delivery.timeout.ms',
  'message.timeout.ms',
  'partitioner',
  'queuing.strategy',
  'request.required.acks',
  'request.timeout.ms',
])

function settings(
  common: CommonSettings,
  clientId: string,
  own: { readonly global: RawSettings; readonly topic: RawSettings },
): ClientSettings {
  const overrides = Object.entries(common.overrides)
  return {
    global: {
      'bootstrap.servers': common.brokers.join(','),
      'client.id': clientId,
      // Java's value. With librdkafka's 10 s a broker that was away for two is not seen for ten, and
      // the member's session ends in between.
      'reconnect.backoff.max.ms': 1000,
      ...own.global,
      ...Object.fromEntries(overrides.filter(([key]) => !TOPIC_KEYS.has(key))),
    },
    topic: {
      ...own.topic,
      ...Object.fromEntries(overrides.filter(([key]) => TOPIC_KEYS.has(key))),
    },
  }
}

const CONSUMER: RawSettings = {
  'enable.auto.commit': false,
  'enable.auto.offset.store': false,
  'isolation.level': 'read_committed',
  'enable.partition.eof': true,
  // After a full queue the fetcher sleeps this long, 1000 by default: a fast reader waits for it.
  'fetch.queue.backoff.ms': 1,
  // Small fetches keep the partitions close to each other in time: there is one queue for all.
  'fetch.message.max.bytes': 262_144,
  'queued.min.messages': 100_000,
  // An end of a partition is known, and a seek takes effect, when the fetch before it returns: 500 ms
  // by default, which every restore and every rollback would wait.
  'fetch.wait.max.ms': 100,
}

/**
 * Positions are always given, so a reset can only mean that the log does not hold the position any
 * more. Going on from elsewhere would lose records silently: the runtime decides.
 */
const CONSUMER_TOPIC: RawSettings = { 'auto.offset.reset': 'error' }

export function groupConsumerSettings(
  common: CommonSettings,
  options: GroupConsumerOptions,
): ClientSettings {
  // With KIP-848 the broker owns assignor and timeouts, and the client refuses to start with them.
  const protocol: RawSettings =
    options.groupProtocol === 'consumer'
      ? { 'group.protocol': 'consumer' }
      : {
          'partition.assignment.strategy': rebalanceProtocolOf(options).assignor,
          'session.timeout.ms': options.sessionTimeoutMs,
          'heartbeat.interval.ms': options.heartbeatIntervalMs,
        }
  return settings(common, options.clientId, {
    global: {
      'group.id': options.groupId,
      'max.poll.interval.ms': options.maxPollIntervalMs,
      ...(options.groupInstanceId === undefined
        ? {}
        : { 'group.instance.id': options.groupInstanceId }),
      // Makes the client emit 'offset.commit'.
      offset_commit_cb: true,
      ...CONSUMER,
      ...protocol,
    },
    topic: CONSUMER_TOPIC,
  })
}

/** The client insists on a group id; nothing is ever committed to it, nor is it joined. */
export function readerSettings(common: CommonSettings, clientId: string): ClientSettings {
  return settings(common, clientId, {
    global: { 'group.id': clientId, ...CONSUMER },
    topic: CONSUMER_TOPIC,
  })
}

const PRODUCER: RawSettings = {
  'enable.idempotence': true,
  'linger.ms': 5,
  // After a commit the broker still writes its markers, and puts the next transaction off: 100 ms by
  // default, of every transaction that begins at once. It grows, up to a second.
  'retry.backoff.ms': 10,
  'compression.type': 'lz4',
  'batch.size': 1_000_000,
  // Memory is bounded by the commit (uncommitted bytes), not by a count that makes a send fail.
  'queue.buffering.max.messages': 0,
  'queue.buffering.max.kbytes': 2_000_000,
  // A report a record costs more than sending it; a failed one is reported all the same.
  'delivery.report.only.error': true,
  // How long an unknown topic is thought to be on its way through the cluster, 30 s by default.
  'topic.metadata.propagation.max.ms': 10_000,
}

const PRODUCER_TOPIC: RawSettings = {
  acks: 'all',
  // Java's default partitioner, so that both languages put a key into the same partition.
  partitioner: 'murmur2_random',
}

export function producerSettings(common: CommonSettings, options: ProducerOptions): ClientSettings {
  return settings(common, options.clientId, {
    global: PRODUCER,
    topic: { ...PRODUCER_TOPIC, 'message.timeout.ms': 120_000 },
  })
}

export function transactionalProducerSettings(
  common: CommonSettings,
  options: TransactionalProducerOptions,
): ClientSettings {
  return settings(common, options.clientId, {
    global: {
      ...PRODUCER,
      'transactional.id': options.transactionalId,
      'transaction.timeout.ms': options.transactionTimeoutMs,
      // sendOffsets waits for news of a connection when the group's coordinator has gone, and a quiet
      // producer has none, for minutes: closing a connection that is idle is such news.
      'connections.max.idle.ms': 4000,
    },
    // A record that waits longer than its transaction lives cannot be committed: the client refuses more.
    topic: { ...PRODUCER_TOPIC, 'message.timeout.ms': options.transactionTimeoutMs },
  })
}

/**
 * The client asks for offsets with the leader's epoch that it remembers, and does not look again when
 * the broker refuses it: after an election it would be refused until its memory expires, in 15 minutes.
 */
const ADMIN: RawSettings = { 'metadata.max.age.ms': 1000, 'topic.metadata.refresh.interval.ms': -1 }

export function adminSettings(common: CommonSettings, clientId: string): ClientSettings {
  return settings(common, clientId, { global: ADMIN, topic: {} })
}
