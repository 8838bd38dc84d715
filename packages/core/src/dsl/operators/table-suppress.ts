import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import {
  type OperatorContext,
  operatorContext,
  type OperatorTime,
} from '../../processor/operator-context.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import { NO_HEADERS } from '../../record/headers.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { SuppressBuffer } from '../../state/suppress-buffer.ts'

export interface TableSuppressParts<K, V> {
  readonly buffer: StoreBuilder<SuppressBuffer<K, V>>
  /** How long a change waits after its time. */
  readonly limitMs: number
  readonly timeOf: (key: K, timestampMs: number) => number
  /** By how much that may be later than the record: the length of a window. */
  readonly spanMs: number
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: 'emit-early' | 'shut-down'
  /** True: deletions are not forwarded, because nothing was before them. */
  readonly dropsTombstones: boolean
}

/** What the getter of a suppressed table gives as the time of a row before those that are held back. */
const UNKNOWN_MS = -1

/**
 * Holds changes back, the last one of each key, until their time has come or the buffer is full.
 *
 * - Stream time is that of the changes which came here. It is committed, so it goes on after a crash; Kafka
 *   Streams begins anew.
 * - What is forwarded has timestamp, headers, topic, partition and offset of the change that was held back.
 *   Its old value is that of the last update, not what was forwarded before (Kafka Streams:
 *   `KTableSuppressProcessorSupplier`).
 */
export function tableSuppress<K, V>(
  parts: TableSuppressParts<K, V>,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => new TableSuppress(parts)
}

/** The table as downstream knows it: a row that is held back is the one before. */
export function suppressView<K, V>(
  parent: ValueGetterSupplier<K, V>,
  buffer: StoreBuilder<SuppressBuffer<K, V>>,
): ValueGetterSupplier<K, V> {
  return {
    storeNames: [buffer.name, ...parent.storeNames],
    create(context, seen) {
      const rows = parent.create(context, seen)
      const heldBack = context.getStateStore(buffer)
      return {
        get(key) {
          const value = heldBack.priorValue(key)
          if (value === undefined) return rows.get(key)
          return value === null ? null : { value, timestampMs: UNKNOWN_MS, headers: NO_HEADERS }
        },
      }
    },
  }
}

class TableSuppress<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly holdsBackMs: number
  readonly #parts: TableSuppressParts<K, V>
  // Set by init, which comes before the first record.
  #context!: OperatorContext
  #buffer!: SuppressBuffer<K, V>
  #streamTime!: OperatorTime

  constructor(parts: TableSuppressParts<K, V>) {
    this.#parts = parts
    this.holdsBackMs = parts.limitMs + parts.spanMs
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#context = operatorContext(context)
    this.#buffer = context.getStateStore(this.#parts.buffer)
    this.#streamTime = this.#context.operatorTime(this.#parts.buffer.name)
  }

  process(record: StreamRecord<K, Change<V>>): Awaitable<void> {
    const { key, value, timestampMs, headers } = record
    if (timestampMs > this.#streamTime.ms) this.#streamTime.ms = timestampMs
    const metadata = this.#context.recordMetadata
    const timeMs = this.#parts.timeOf(key, timestampMs)
    this.#buffer.put(timeMs, key, value, { timestampMs, headers, metadata })
    return this.#release()
  }

  advanceTime(timeMs: number): Awaitable<void> {
    if (timeMs > this.#streamTime.ms) this.#streamTime.ms = timeMs
    return this.#release()
  }

  #release(): Awaitable<void> {
    while (this.#mustRelease()) {
      const entry = this.#buffer.first()
      if (entry === undefined) return
      const change = this.#buffer.changeOf(entry)
      const result =
        change === undefined || (change.newValue === null && this.#parts.dropsTombstones)
          ? undefined
          : this.#context.forwardFrom(
              change.context.metadata,
              new StreamRecord(
                change.key,
                new Change(change.newValue, change.oldValue),
                change.context.timestampMs,
                change.context.headers,
              ),
            )
      // Downstream may ask for the row, and must not see the new one before it has come.
      if (isPromiseLike(result)) {
        return result.then(() => {
          this.#buffer.remove(entry)
          return this.#release()
        })
      }
      this.#buffer.remove(entry)
    }
  }

  #mustRelease(): boolean {
    const { limitMs, maxRecords, maxBytes, whenFull } = this.#parts
    if (this.#buffer.firstMs <= this.#streamTime.ms - limitMs) return true
    const { count, bytes } = this.#buffer
    if (count <= maxRecords && bytes <= maxBytes) return false
    if (whenFull === 'emit-early') return true
    throw this.#full(count, bytes)
  }

  #full(count: number, bytes: number): MillraceError {
    const { nodeName, taskId } = this.#context
    const { maxRecords, maxBytes } = this.#parts
    return new MillraceError(
      'MR_SUPPRESS_BUFFER_FULL',
      `Operator ${nodeName} holds back ${count} of at most ${maxRecords} records and ${bytes} of at most ${maxBytes} bytes`,
      {
        hint: "Raise the bounds of the buffer, or let it emit early with `whenFull: 'emit-early'`.",
        at: { operator: nodeName, task: taskId, records: count, bytes },
      },
    )
  }
}
