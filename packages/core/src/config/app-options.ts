import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import type { Duration } from '../base/duration.ts'
import type { MillraceError } from '../errors/millrace-error.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'

/** 'exactly_once_v2' (KIP-447) or 'at_least_once', as in Kafka Streams. */
export type ProcessingGuarantee = 'exactly_once_v2' | 'at_least_once'

/**
 * What to do with a record that cannot be decoded, or on which an operator failed. 'continue' drops
 * it, logged and counted; what it had written and forwarded is taken back. A function decides per
 * error, which says where it happened (`error.at`) and why (`error.cause`).
 */
export type ExceptionHandler = 'fail' | 'continue' | ((error: MillraceError) => 'fail' | 'continue')

/** Options that hold plain values. The rest of {@link AppOptions} are parts with behaviour. */
export interface AppSettings {
  /** Consumer group, and prefix of internal topics and of the transactional id. */
  readonly applicationId: string
  readonly brokers: string | readonly string[]
  /** @defaultValue 'exactly_once_v2' */
  readonly processingGuarantee?: ProcessingGuarantee
  /**
   * Names this process for ever, e.g. a StatefulSet's pod: a restart under the same name fences its
   * predecessor at once, instead of leaving readers blocked until the transaction times out. Never
   * give two running processes the same one. @defaultValue the id in `stateDir`; without one a random id
   */
  readonly instanceId?: string
  /**
   * Where this process keeps state and its id, in a folder of the application. Local disk, one process
   * at a time: a second one fails with `MR_STATE_DIR_IN_USE`. Stores on disk need it.
   */
  readonly stateDir?: string
  /** How long the state of a task is kept after this process has given the task away. @defaultValue 10 minutes */
  readonly stateCleanupDelay?: Duration
  /**
   * A static member of the group (`group.instance.id`, KIP-345): started again under the same id it has
   * its tasks back at once, and no other member notices. Needs `instanceId` or `stateDir`. The price: one
   * that goes for good is missed only after the session time-out, and exactly-once does not hold where
   * a member's session ends while it joins a rebalance, as in an outage of the broker that is longer:
   * the Kafka client does not tell that its partitions are another's then. @defaultValue false
   */
  readonly staticMembership?: boolean
  /**
   * How many other members keep a copy of each task's state up to date (`num.standby.replicas`), so that one
   * of them that is given the task has little to restore. The same in all members. @defaultValue 0
   */
  readonly numStandbyReplicas?: number
  /** @defaultValue the application id, a dash, the instance id */
  readonly clientId?: string
  /**
   * Longest time between two commits: what an abort throws away, and how late a `read_committed`
   * reader sees a result. @defaultValue 100 ms under exactly once, else 30 seconds
   */
  readonly commitInterval?: Duration
  /** The broker aborts a transaction that is open longer. Must exceed the commit interval. @defaultValue 10 seconds */
  readonly transactionTimeout?: Duration
  /** 'classic' assigns cooperatively with stickiness; 'consumer' is KIP-848. @defaultValue 'classic' */
  readonly groupProtocol?: 'classic' | 'consumer'
  /** Classic protocol only: a member that is silent for longer is out. @defaultValue 45 seconds */
  readonly sessionTimeout?: Duration
  /** Classic protocol only. @defaultValue 3 seconds */
  readonly heartbeatInterval?: Duration
  /** A member whose loop stands still for longer loses its partitions. @defaultValue 5 minutes */
  readonly maxPollInterval?: Duration
  /**
   * How long a task with several inputs waits for data on an empty one, to process in timestamp order
   * (KIP-695). 0 waits only for what the broker is known to hold, -1 never waits. @defaultValue 0
   */
  readonly maxTaskIdle?: Duration
  /**
   * How often operators look for results that time alone makes: windows that have closed, records of a
   * left or outer join that have stayed alone. By the clock, since a look costs more than a record; 0
   * looks at every record (`__emit.interval.ms…`, two internal settings). @defaultValue 1 second
   */
  readonly emitInterval?: Duration
  /** How long an operation that can be tried again is tried again before the app fails. @defaultValue 5 minutes */
  readonly taskTimeout?: Duration
  /** Bytes of records read and not yet processed, over all partitions (KIP-770). @defaultValue 256 MiB */
  readonly inputBufferMaxBytes?: number
  /** Bytes written in one transaction that make it commit early. @defaultValue 64 MiB */
  readonly maxUncommittedBytes?: number
  /**
   * Bytes of updates that the tables of this process hold back between two commits, so that only the
   * last one of each key is forwarded; 0 forwards each update (`statestore.cache.max.bytes`).
   * @defaultValue 10 MiB
   */
  readonly cacheMaxBytes?: number
  /** Of the topics that Millrace creates; -1 is the broker's default. @defaultValue -1 */
  readonly replicationFactor?: number
  /** How often processed records of repartition topics are deleted. @defaultValue 30 seconds */
  readonly repartitionPurgeInterval?: Duration
  /**
   * Where sources begin that have no `autoOffsetReset` of their own and no committed offset (`auto.offset.reset`).
   * @defaultValue 'earliest'
   */
  readonly autoOffsetReset?: AutoOffsetReset
  /** How often topics of a pattern are looked up. @defaultValue 5 minutes */
  readonly metadataMaxAge?: Duration
  /** How long `close()` waits for the last commit. @defaultValue 30 seconds */
  readonly closeTimeout?: Duration
  /** Raw settings of the Kafka client, such as `security.protocol`. Keys that correctness rests on are refused. */
  readonly kafka?: Readonly<Record<string, string | number | boolean>>
}

/** The settings that steer processing, one part an option. */
export interface HandlerOptions {
  /** For sources that have none of their own. @defaultValue `failOnInvalidTimestamp` */
  readonly timestampExtractor?: TimestampExtractor
  /** @defaultValue 'fail' */
  readonly deserializationExceptionHandler?: ExceptionHandler
  /** Operators, punctuators, and serializing. @defaultValue 'fail' */
  readonly processingExceptionHandler?: ExceptionHandler
}
