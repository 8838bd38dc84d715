import type { ExceptionHandler } from '../config/app-options.ts'
import type { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { DropReason } from '../processor/processor.ts'
import { placeOf } from './processing-error.ts'
import type { AppMetrics } from './task-metrics.ts'
import type { TaskScope } from './task-scope.ts'

/** Counted, and nothing to be told of: nothing is lost. A newer answer follows a stale one. */
const IN_NORMAL_OPERATION: ReadonlySet<DropReason> = new Set<DropReason>(['stale-response'])

/** Counts records that tasks drop, and says so in the log. */
export class DroppedRecords {
  readonly #metrics: AppMetrics
  readonly #logger: Logger

  constructor(metrics: AppMetrics, logger: Logger) {
    this.#metrics = metrics
    this.#logger = logger
  }

  count(reason: DropReason, nodeName: string, scope: TaskScope): void {
    const { dropped } = this.#metrics
    const count = (dropped[reason] ?? 0) + 1
    dropped[reason] = count
    if (IN_NORMAL_OPERATION.has(reason)) return
    // 1, 2, 4, 8, …: the first is always seen, and a flood does not fill the disk.
    if ((count & (count - 1)) === 0) {
      this.#logger.warn(`dropped a record (${reason}), ${count} so far`, {
        ...placeOf(nodeName, scope),
      })
    }
  }

  /** Tells of an error after which a handler goes on. */
  explain(error: MillraceError): void {
    this.#logger.warn(error.message, { code: error.code, ...error.at, cause: error.cause })
  }
}

export function decide(handler: ExceptionHandler, error: MillraceError): 'fail' | 'continue' {
  return typeof handler === 'function' ? handler(error) : handler
}
