import type { ExceptionHandler } from '../config/app-options.ts'
import type { Logger } from '../observe/logger.ts'
import type { CacheBudget } from '../state/record-cache.ts'
import type { StateStore } from '../state/state-store.ts'
import type { Clock } from '../time/clock.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { RecordCollector } from './record-collector.ts'
import type { AppMetrics } from './task-metrics.ts'

/** What all tasks of an app have in common. */
export interface TaskEnvironment {
  readonly applicationId: string
  readonly timestampExtractor: TimestampExtractor
  readonly deserializationExceptionHandler: ExceptionHandler
  readonly processingExceptionHandler: ExceptionHandler
  readonly maxTaskIdleMs: number
  readonly emitIntervalMs: number
  readonly clock: Clock
  /** In [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number
  /** How long a task waits for what its serdes need and cannot get. @defaultValue for ever */
  readonly taskTimeoutMs?: number
  readonly logger: Logger
  readonly metrics: AppMetrics
  /** Shared by all tasks of the process; absent when tables forward each update. */
  readonly cacheBudget?: CacheBudget
  /** The global stores of the member, without their writes. */
  readonly globalStore?: (name: string) => StateStore | undefined
  /** Where records go that tasks produce. */
  readonly collector: RecordCollector
  /** Puts the application id in front of internal topic names. */
  readonly topicName: (name: string) => string
  readonly changelogTopic: (store: string) => string
}
