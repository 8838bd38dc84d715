import type { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { Headers } from '../record/headers.ts'
import type { TopicPartition } from '../record/topic-partition.ts'
import type { Scheduler } from '../time/clock.ts'

/*
 * Semantics. A sink is a system outside the application's Kafka transaction. It is written from a topic: one
 * writer a partition, batches in the order of offsets. What the target holds decides where a partition goes
 * on, wherever the target can tell; the offsets of the sink's consumer group are a start for a partition that
 * the target has never seen, and a measure of lag.
 *
 * Why. A target cannot join a Kafka transaction, and two-phase commit loses data where a commit's failure is
 * swallowed. A position that is written with the data cannot part from it.
 *
 * Invariants.
 * - A position moves on only after the target has acknowledged everything before it, or the dead-letter topic has.
 * - A claim comes before the first write. After it no earlier writer of the partition can change the target
 *   (tier 'transactional'), or what it changes is what the new one writes again ('idempotent', 'at-least-once').
 * - The same batch may be written again after an error, a restart or by a zombie. A batch that a transactional
 *   target has already is told from one that it has not by `from` and `to`, never by offsets of records.
 */

/**
 * What a target promises.
 * - `transactional`: exactly once; data and position are one transaction of the target, and zombies are fenced.
 * - `idempotent`: written at least once, with the same effect however often: the effect is once.
 * - `at-least-once`: at least once, each with a key by which a receiver that honours it has the effect once.
 */
export type SinkTier = 'transactional' | 'idempotent' | 'at-least-once'

/** What the runtime must know of a sink before it writes. */
export interface SinkCapabilities {
  readonly tier: SinkTier
  /**
   * True when a batch has an identity outside (an idempotency key): batches are cut where an offset is a
   * multiple of `batch.maxRecords`, so that they are the same after a restart, and one waits until it is
   * complete. @defaultValue false
   */
  readonly alignedBatches?: boolean
  /**
   * How many batches of a partition may be under way in one writer. They are handed over in order; the
   * position moves on over those that are acknowledged without a gap. @defaultValue 1
   */
  readonly maxBatchesInFlight?: number
  /** What `batch.maxRecords` is where the user does not say. @defaultValue 1000 */
  readonly proposedMaxRecords?: number
  /** Topics that writers emit to. They must exist, which is checked before the first claim. @defaultValue none */
  readonly emitsTo?: readonly string[]
}

/** A record on its way out. Where it came from names it for ever. */
export interface SinkRecord<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Which one of those that operators made of the record at this offset; 0 unless there are several. */
  readonly index: number
  readonly timestampMs: number
  readonly key: K
  /** Null for a tombstone, whatever `V` says. */
  readonly value: V
  readonly headers: Headers
}

/** Records of one partition that follow each other. */
export interface SinkBatch<K, V> extends TopicPartition {
  /** Position before the batch: what the target has stored, if it stores one. */
  readonly from: number
  /**
   * Position after the batch: the offset to read next. Not the last offset + 1: records that operators
   * dropped, commit markers and aborted records lie between.
   */
  readonly to: number
  /** Offsets of the first and the last record in `records`. */
  readonly firstOffset: number
  readonly lastOffset: number
  /** At least one. All that operators made of one offset are in one batch. */
  readonly records: readonly SinkRecord<K, V>[]
}

/** What a sink is told when it opens. */
export interface SinkContext {
  /**
   * Names the sink for ever, and in all processes: the application id, a dash, the name given to `toSink`.
   * It is also the sink's consumer group.
   */
  readonly sinkId: string
  /** Names this process, for whoever looks into the target. */
  readonly owner: string
  readonly logger: Logger
  /** All waits go through it. */
  readonly scheduler: Scheduler
  /** In [0, 1): jitter comes from here. */
  readonly random: () => number
}

/** A partition that this process was given. */
export interface SinkClaim extends TopicPartition {
  /** Where to begin when the target has no position: the group's committed offset, or where the reset policy points. */
  readonly initialOffset: number
  /** Aborts when the partition is taken away, or the app closes without time left. */
  readonly signal: AbortSignal
}

/** A record that a sink makes of what its target answered. */
export interface SinkEmission {
  /** One of the sink's `capabilities.emitsTo`. */
  readonly topic: string
  /** Null for a record that may go to any partition. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: Headers
  /** @defaultValue now */
  readonly timestampMs?: number
}

/** What a write may use while it runs. */
export interface SinkWriteControl<K, V> {
  /** Aborts when the partition is taken away, or the app closes without time left. */
  readonly signal: AbortSignal
  /**
   * For a record that the target will never take. Resolves when the record is in the dead-letter topic (or is
   * dropped, where the user said so); only then may the write be acknowledged. Rejects with
   * `MR_SINK_REJECTED` where rejected records are to stop the app. May be called again for the same record
   * when the batch is written again: dead letters are at-least-once.
   *
   * `error` should be `MR_SINK_REJECTED` with what the target said as its cause.
   */
  reject(record: SinkRecord<K, V>, error: MillraceError): Promise<void>
  /**
   * Resolves when the record is in the topic; only then may the write be acknowledged. At least once: a batch
   * that is written again emits again. Rejects as producing does. There for sinks that declare `emitsTo`.
   */
  emit?(emission: SinkEmission): Promise<void>
}

/** Writes one partition, from its claim to its end. */
export interface SinkWriter<K, V> {
  /**
   * The position that the target holds after the claim: reading goes on there. Undefined for a target
   * that holds none, where the group's committed offset counts.
   */
  readonly position: number | undefined
  /**
   * Resolves when the batch, and with it `to` for a target that keeps positions, is durable in the target.
   *
   * Rejects with a MillraceError:
   * - action 'retry' (`MR_SINK_UNAVAILABLE`): the same batch comes again after a wait. Whether the failed
   *   attempt took effect may be unknown; the writer finds out before it writes again (position equal to
   *   `to`: done; equal to `from`: write; anything else: `MR_SINK_FENCED`).
   * - `MR_SINK_FENCED`: another writer has claimed the partition. Nothing was written.
   * - action 'fail' (`MR_SINK_FAILED`): the target takes nothing before a person mends it. The app ends.
   *
   * Per key the effects come in the order of offsets.
   */
  write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void>
  /** Gives the partition up; a write under way is given up as well, as its `signal` says. Idempotent, does not reject. */
  close(): Promise<void>
}

/**
 * A system outside Kafka, and how it is written. One object serves all partitions that a process is given.
 * An implementation proves itself with `testSink` of `@millrace/testing`.
 */
export interface Sink<in K, in V> {
  /** What it is, for logs and descriptions: `jdbc`, `http`. */
  readonly kind: string
  readonly capabilities: SinkCapabilities
  /**
   * Checks what can be checked without a record, and connects. Once, before the first claim; again after a
   * rejection with action 'retry'.
   */
  open(context: SinkContext): Promise<void>
  /**
   * Takes a partition over. For a transactional target it raises the epoch, waits for the open transaction
   * of the last writer, and learns the position that this one left.
   */
  claim(claim: SinkClaim): Promise<SinkWriter<K, V>>
  /** Closes connections. All writers are closed. Idempotent, does not reject. */
  close(): Promise<void>
}
