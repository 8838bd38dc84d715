import type { Duration, HandlerOptions, Logger } from '@millrace/core'
import type { StateBackend } from '@millrace/core/internal'

/** Options of `TopologyTestDriver.create`. */
export interface TestDriverOptions extends HandlerOptions {
  /** Prefix of internal topics. @defaultValue 'test' */
  readonly applicationId?: string
  /** Where the virtual clock starts, in ms. @defaultValue 0 */
  readonly startTimeMs?: number
  /**
   * Where tasks keep their state. What a backend writes to disk is in a temporary folder and gone after `close`.
   * @defaultValue `inMemory()`
   */
  readonly state?: StateBackend
  /** Partitions of every topic that {@link topics} does not name. @defaultValue 1 */
  readonly partitions?: number
  /** Partition counts by topic. Topics that only a pattern reads can be named here, or just be piped to. */
  readonly topics?: Readonly<Record<string, number>>
  /** As the app's option: how long a task waits for an empty input, -1 for not at all. @defaultValue 0 */
  readonly maxTaskIdle?: Duration
  /**
   * As the app's option: how often operators look for results that time alone makes. Not the app's default, so
   * that a test sees them as soon as they are due. @defaultValue 0
   */
  readonly emitInterval?: Duration
  /**
   * 'each-record' commits after every record, so that results can be read at once. 'manual' commits
   * when the test or a processor says so, to see what an abort takes back. @defaultValue 'each-record'
   */
  readonly commit?: 'each-record' | 'manual'
  /**
   * As the app's option: bytes of updates that tables hold back until a commit. Not the app's default, so
   * that a test sees the result of each record; with `commit: 'manual'` it shows what an app forwards.
   * @defaultValue 0
   */
  readonly cacheMaxBytes?: number
  /**
   * True: all sub-topologies of a partition are one task and share its stream time, as in Kafka
   * Streams' TopologyTestDriver. False: a task per sub-topology, as in an app. @defaultValue false
   */
  readonly singleTask?: boolean
  /** @defaultValue a silent one */
  readonly logger?: Logger
}
