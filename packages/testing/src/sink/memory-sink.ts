import type {
  Sink,
  SinkCapabilities,
  SinkClaim,
  SinkContext,
  SinkTier,
  SinkWriter,
} from '@millrace/core'
import { MillraceError } from '@millrace/core'
import { MemoryConnection } from './memory-connection.ts'
import type { MemorySinkFaults } from './memory-sink-faults.ts'
import { MemorySinkWriter } from './memory-sink-writer.ts'
import { MemoryTarget } from './memory-target.ts'

/** Options of {@link memorySink}. */
export interface MemorySinkOptions<K, V> {
  /** Where it writes; several sinks may share one. @defaultValue an empty one */
  readonly target?: MemoryTarget<K, V>
  /**
   * - `transactional`: records and position are one step, and zombies are fenced.
   * - `idempotent`: a record is told by topic, partition, offset and index, and taken once; or upserted, by a target that
   *   keeps the last of a key.
   * - `at-least-once`: the same, by a key that names it, or the whole batch with `alignedBatches`.
   * @defaultValue 'transactional'
   */
  readonly tier?: SinkTier
  /** Batches have a key of their own, and are cut the same way after a restart. @defaultValue false */
  readonly alignedBatches?: boolean
  /** Of no account for `transactional`: one. @defaultValue 1 */
  readonly maxBatchesInFlight?: number
  /** Emits each record that it takes to this topic, before it takes it: its offset as text, under its key as JSON. @defaultValue none */
  readonly emitsTo?: string
  /** What goes wrong. @defaultValue nothing */
  readonly faults?: MemorySinkFaults
}

/** A sink that writes to memory: for tests of topologies, and what the contract of sinks is tried on. */
export class MemorySink<K, V> implements Sink<K, V> {
  readonly kind = 'memory'
  readonly capabilities: SinkCapabilities
  /** What it writes to. */
  readonly target: MemoryTarget<K, V>
  readonly #faults: MemorySinkFaults
  readonly #writers = new Set<MemorySinkWriter<K, V>>()
  #context: SinkContext | undefined
  #connection: MemoryConnection<K, V> | undefined

  /** Use {@link memorySink}. */
  constructor(options: MemorySinkOptions<K, V>) {
    const tier = options.tier ?? 'transactional'
    this.target = options.target ?? new MemoryTarget()
    this.#faults = options.faults ?? (() => undefined)
    this.capabilities = {
      tier,
      alignedBatches: options.alignedBatches ?? false,
      ...(options.emitsTo !== undefined && { emitsTo: [options.emitsTo] }),
      maxBatchesInFlight: tier === 'transactional' ? 1 : (options.maxBatchesInFlight ?? 1),
    }
  }

  /** Connects. */
  async open(context: SinkContext): Promise<void> {
    this.#context = context
    this.#connection = new MemoryConnection({ target: this.target, faults: this.#faults, context })
    await this.#connection.step({ operation: 'open', step: 'before-write' })
  }

  /** Takes a partition over; waits for the transaction of the one before. */
  async claim(claim: SinkClaim): Promise<SinkWriter<K, V>> {
    if (this.#context === undefined || this.#connection === undefined) {
      throw new MillraceError('MR_SINK_FAILED', 'The sink is not open', { hint: 'Open it first.' })
    }
    const writer = await MemorySinkWriter.claim(claim, {
      connection: this.#connection,
      sinkId: this.#context.sinkId,
      capabilities: this.capabilities,
    })
    this.#writers.add(writer)
    return writer
  }

  /** Severs its connection, as the end of its process does: an open transaction is rolled back. It is of no use afterwards. */
  kill(): void {
    this.#connection?.sever()
  }

  /** Gives up all writers. */
  async close(): Promise<void> {
    for (const writer of this.#writers) await writer.close()
    this.#writers.clear()
    this.#connection = undefined
  }
}

/**
 * A sink whose target is memory. Its contents are `sink.target.records`:
 *
 * ```ts
 * const sink = memorySink<string, number>()
 * builder.stream('numbers', { key: serdes.string, value: serdes.long }).toSink(sink, { name: 'numbers' })
 * ```
 */
export function memorySink<K = unknown, V = unknown>(
  options: MemorySinkOptions<K, V> = {},
): MemorySink<K, V> {
  return new MemorySink(options)
}
