import type { Awaitable } from '../base/awaitable.ts'
import type { ExceptionHandler } from '../config/app-options.ts'
import type { MillraceError } from '../errors/millrace-error.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { DropReason } from '../processor/dropped-record.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { UndecodedRecords } from './decode-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { SourceNodeInstance } from './source-node-instance.ts'
import type { TaskExecution } from './task-execution.ts'

export interface DroppedInputsParts {
  readonly handler: ExceptionHandler
  readonly dropped: DroppedRecords
  readonly execution: TaskExecution
  /** A record was dropped: its offset is to be committed, though nothing came of it. */
  readonly onDrop: () => void
  /** Runs what a node does as a unit of its own. */
  readonly asUnit: (nodeName: string, run: () => Awaitable<void>) => Promise<void>
}

interface Undated {
  readonly source: SourceNodeInstance
  readonly raw: ConsumedRecord
  readonly record: StreamRecord<unknown, unknown>
}

/**
 * Records of a task that do not get as far as a processor.
 *
 * They are found while the next record is looked for, where nothing may be forwarded. So those for which a
 * source has a side stream wait here for {@link tell}.
 */
export class DroppedInputs implements UndecodedRecords {
  readonly #parts: DroppedInputsParts
  readonly #undated: Undated[] = []

  constructor(parts: DroppedInputsParts) {
    this.#parts = parts
  }

  get handler(): ExceptionHandler {
    return this.#parts.handler
  }

  get isEmpty(): boolean {
    return this.#undated.length === 0
  }

  explain(error: MillraceError): void {
    this.#parts.dropped.explain(error)
  }

  drop(
    source: SourceNodeInstance,
    raw: ConsumedRecord,
    reason: DropReason,
    record?: StreamRecord<unknown, unknown>,
  ): void {
    const { execution, onDrop } = this.#parts
    onDrop()
    if (record !== undefined && source.hasTakers) {
      this.#undated.push({ source, raw, record })
      return
    }
    const before = execution.current
    execution.current = raw
    execution.recordDropped(source.name, reason)
    execution.current = before
  }

  /** Hands what waits to the side streams of the sources. To be called before a commit, and more often. */
  async tell(): Promise<void> {
    const { execution, asUnit } = this.#parts
    for (const { source, raw, record } of this.#undated.splice(0)) {
      execution.setCurrent(raw, Math.max(0, execution.streamTimeMs))
      await asUnit(source.name, () => {
        source.drop(record)
      })
      execution.current = undefined
    }
  }

  clear(): void {
    this.#undated.length = 0
  }
}
