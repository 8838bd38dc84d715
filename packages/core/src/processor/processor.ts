import type { Awaitable } from '../base/awaitable.ts'
import type { Duration } from '../base/duration.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { DropReason, DroppedDetails } from './dropped-record.ts'

export type { DropReason } from './dropped-record.ts'

/** Which time calls a punctuator: that of the records, or the clock's. */
export type PunctuationType = 'stream-time' | 'wall-clock-time'

/** Called with the time that made it due, in ms. */
export type Punctuator = (timestampMs: number) => Awaitable<void>

/** A schedule that can be ended. */
export interface Cancellable {
  /** No further call comes. Idempotent. */
  cancel(): void
}

/** Options of {@link ProcessingContext.schedule}. */
export interface ScheduleOptions {
  /**
   * Anchors the calls, in ms since the epoch: they come at this time plus a multiple of the interval, the first not
   * before now (KIP-1146). @defaultValue 0 of stream time, now of the wall clock
   */
  readonly startTimeMs?: number
}

/** What a processor knows and can do, apart from forwarding. */
export interface ProcessingContext {
  readonly applicationId: string
  /** `<subtopology>_<partition>`. */
  readonly taskId: string
  readonly partition: number
  /** The operator's name in the topology. */
  readonly nodeName: string

  /** The source record being processed; undefined in `init`, punctuators and `close`. */
  readonly recordMetadata: RecordMetadata | undefined
  /**
   * Highest event time that the task has taken from its inputs, -1 before the first record. While all
   * inputs are idle it goes on, if their sources say so (`watermark`).
   */
  readonly currentStreamTimeMs: number
  /** The wall clock, which a test driver owns. */
  readonly currentSystemTimeMs: number

  /**
   * A store connected to this processor, or a global store, whose writes throw then.
   * @throws MillraceError `MR_TOPOLOGY` for any other.
   */
  getStateStore<S extends StateStore>(store: StoreBuilder<S>): S
  /** The same by the name that the store was announced with. */
  getStateStore(name: string): StateStore

  /** Asks for a commit after this record; the runtime decides when. */
  commit(): void

  /**
   * Calls `punctuator` each `interval`. Stream time: aligned to 0, fires first when stream time is
   * known, and only when it advances. Wall clock: first after one interval. Missed intervals
   * collapse into one call. Not persisted: schedule in `init` (KIP-138).
   */
  schedule(
    interval: Duration,
    type: PunctuationType,
    punctuator: Punctuator,
    options?: ScheduleOptions,
  ): Cancellable

  /**
   * Counts a record that was dropped (`dropped-records`), and says so in the log, sampled. Where the operator has
   * a side stream (`dropped`), the record goes there, in the same transaction as everything else.
   */
  recordDropped(reason: DropReason, details?: DroppedDetails): void
}

export interface ProcessorContext<KOut, VOut> extends ProcessingContext {
  /**
   * Hands the record to every child, or to the child of that name, before it returns. Only when a
   * processor downstream is asynchronous the result is a promise; await it to know that it is done.
   * The task waits for it in any case, before the next record and before a commit.
   */
  forward(record: StreamRecord<KOut, VOut>, child?: string): Awaitable<void>
}

/**
 * One operator in one task. Called by one record at a time, in order. When `process` returns a
 * promise, the task waits for it before the next record.
 *
 * An error from any method goes to the processing exception handler, with the operator's name.
 */
export interface Processor<KIn, VIn, KOut, VOut> {
  /** Called once before the first record of a task, and anew after an abort: stores hold what was committed. */
  init?(context: ProcessorContext<KOut, VOut>): Awaitable<void>
  /** Takes a record. Its key and value may be null at run time whatever the types say. */
  process(record: StreamRecord<KIn, VIn>, context: ProcessorContext<KOut, VOut>): Awaitable<void>
  /**
   * Event time has come to `timeMs` without a record, because every input of the task is idle and its
   * source has a `watermark`; no record that is in order comes from before it any more. What waits for
   * event time is due, as after a record with this time. Never called for other sources.
   *
   * May forward. Called in the order of the topology, with a time that is earlier by what the
   * operators upstream may still hold back ({@link holdsBackMs}); and again with the last such time
   * after an abort or a restart, before the next record.
   */
  advanceTime?(timeMs: number, context: ProcessorContext<KOut, VOut>): Awaitable<void>
  /**
   * How much earlier than the event time that makes it do so this processor may forward a record:
   * how long it may hold a record back. @defaultValue 0
   */
  readonly holdsBackMs?: number
  /** Called before a commit, after caches were flushed; may forward. */
  flush?(context: ProcessorContext<KOut, VOut>): Awaitable<void>
  /** Called when the task ends, or goes back to its last commit. */
  close?(): Awaitable<void>
}

/** Makes one processor a task: instances are never shared. A function will do. */
export interface ProcessorSupplier<KIn, VIn, KOut, VOut> extends ConnectedStores {
  (): Processor<KIn, VIn, KOut, VOut>
}

/** What suppliers can bring along (Kafka Streams: `ConnectedStoreProvider`). See {@link withStores}. */
export interface ConnectedStores {
  /** Added to the topology and connected wherever the supplier is used. */
  readonly stores?: readonly StoreBuilder[]
}

/** Forwarding that cannot change the key: partitioning is kept (KIP-820). */
export interface FixedKeyProcessorContext<KOut, VOut> extends ProcessingContext {
  /** As {@link ProcessorContext.forward}. */
  forward(record: FixedKeyRecord<KOut, VOut>, child?: string): Awaitable<void>
}

/** Only what {@link FixedKeyProcessor.process} is given has it, and what is made of that. */
declare const fixedKey: unique symbol

/**
 * A record whose key stays: there is none but the input and its `with…` copies, so nothing of another key can be
 * forwarded. A punctuator has to keep a record of its key to forward (as in Kafka Streams).
 */
export type FixedKeyRecord<K, V> = Omit<
  StreamRecord<K, V>,
  'withKey' | 'withKeyValue' | 'withValue' | 'withTimestamp' | 'withHeaders'
> & {
  /** A copy with another value. */
  withValue<V2>(value: V2): FixedKeyRecord<K, V2>
  /** A copy with another timestamp. @throws TypeError for a negative one. */
  withTimestamp(timestampMs: number): FixedKeyRecord<K, V>
  /** A copy with other headers. */
  withHeaders(headers: StreamRecord<K, V>['headers']): FixedKeyRecord<K, V>
  readonly [fixedKey]: true
}

/** A {@link Processor} that keeps the keys of its records, for `processValues`. */
export interface FixedKeyProcessor<KIn, VIn, VOut> {
  /** As {@link Processor.init}. */
  init?(context: FixedKeyProcessorContext<KIn, VOut>): Awaitable<void>
  /** As {@link Processor.process}. */
  process(
    record: FixedKeyRecord<KIn, VIn>,
    context: FixedKeyProcessorContext<KIn, VOut>,
  ): Awaitable<void>
  /** As {@link Processor.flush}. */
  flush?(context: FixedKeyProcessorContext<KIn, VOut>): Awaitable<void>
  /** As {@link Processor.close}. */
  close?(): Awaitable<void>
}

/** As {@link ProcessorSupplier}. */
export interface FixedKeyProcessorSupplier<KIn, VIn, VOut> extends ConnectedStores {
  (): FixedKeyProcessor<KIn, VIn, VOut>
}
