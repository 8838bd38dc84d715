import { type Duration, MillraceError, type Serde, type SinkRecord } from '@millrace/core'
import { durationToMs, refusedKafkaKeys } from '@millrace/core/internal'

/** A topic of the target cluster, or one a record. Topics are not created. */
export type TargetTopic<K, V> = string | ((record: SinkRecord<K, V>) => string)

/** Options of {@link kafkaSink}. */
export interface KafkaSinkOptions<K, V> {
  /** `host:port` of some brokers of the target cluster. */
  readonly brokers: string | readonly string[]
  readonly topic: TargetTopic<K, V>
  /** Of the keys as they are written. */
  readonly key: Serde<K>
  /** Of the values as they are written. */
  readonly value: Serde<V>
  /** Where a record goes. @defaultValue Kafka's default: the hash of the key's bytes, any for a null key */
  readonly partition?: (record: SinkRecord<K, V>) => number
  /** Of the target cluster, with the positions of all sinks that write there. Compacted; created when it is missing. @defaultValue 'millrace-sink-positions' */
  readonly positionsTopic?: string
  /** Of the positions topic, when it is created; -1 is the broker's default. @defaultValue -1 */
  readonly replicationFactor?: number
  /** The target aborts a transaction that is open longer. @defaultValue 30 seconds */
  readonly transactionTimeout?: Duration
  /** Raw settings of the Kafka client for the target cluster, such as `security.protocol`. */
  readonly kafka?: Readonly<Record<string, string | number | boolean>>
}

/** What the code reads: complete and checked. */
export interface KafkaSinkConfig<K, V> {
  readonly brokers: readonly string[]
  readonly topic: TargetTopic<K, V>
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly partition: ((record: SinkRecord<K, V>) => number) | undefined
  readonly positionsTopic: string
  readonly replicationFactor: number
  readonly transactionTimeoutMs: number
  readonly kafka: Readonly<Record<string, string | number | boolean>>
}

const BROKER = /^[^\s:,/]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$/
const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/

/** @throws MillraceError `MR_CONFIG` that lists every problem */
export function resolveKafkaSinkOptions<K, V>(
  options: KafkaSinkOptions<K, V>,
): KafkaSinkConfig<K, V> {
  const { positionsTopic = 'millrace-sink-positions', kafka = {} } = options
  const brokers = brokersOf(options.brokers)
  const problems = [...brokerProblems(brokers), ...topicProblems(options.topic, positionsTopic)]
  const transactionTimeoutMs = timeoutOf(options.transactionTimeout ?? '30 seconds', problems)
  problems.push(...refusedKafkaKeys(kafka))
  if (problems.length > 0) {
    throw new MillraceError('MR_CONFIG', `Invalid options of kafkaSink(): ${problems.join('; ')}`, {
      hint: 'Correct the options passed to kafkaSink().',
    })
  }
  return Object.freeze({
    brokers,
    topic: options.topic,
    key: options.key,
    value: options.value,
    partition: options.partition,
    positionsTopic,
    replicationFactor: options.replicationFactor ?? -1,
    transactionTimeoutMs,
    kafka: { ...kafka },
  })
}

function brokerProblems(brokers: readonly string[]): string[] {
  if (brokers.length === 0) return ['brokers is empty']
  return brokers
    .filter((broker) => !BROKER.test(broker))
    .map((broker) => `broker '${broker}' is not host:port`)
}

function topicProblems(topic: unknown, positionsTopic: string): string[] {
  const names = [
    ...(typeof topic === 'string' ? ([['topic', topic]] as const) : []),
    ['positionsTopic', positionsTopic] as const,
  ]
  const problems = names
    .filter(([, name]) => !TOPIC.test(name))
    .map(([option, name]) => `${option} '${name}' is no legal topic name`)
  if (topic === positionsTopic) problems.push('topic and positionsTopic are the same')
  return problems
}

function brokersOf(brokers: string | readonly string[]): readonly string[] {
  const list = typeof brokers === 'string' ? brokers.split(',') : brokers
  return list.map((broker) => broker.trim()).filter((broker) => broker !== '')
}

/** A transaction needs some time for the broker's answers; Kafka's own upper bound is 15 minutes. */
const MIN_TIMEOUT_MS = 1000

function timeoutOf(timeout: Duration, problems: string[]): number {
  try {
    const ms = durationToMs(timeout)
    if (ms < MIN_TIMEOUT_MS) problems.push('transactionTimeout must be 1 second at least')
    return ms
  } catch (error) {
    problems.push(`transactionTimeout: ${error instanceof Error ? error.message : String(error)}`)
    return MIN_TIMEOUT_MS
  }
}
