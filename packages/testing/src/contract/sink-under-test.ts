import type { Sink, SinkCapabilities } from '@millrace/core'
import type { SinkStep } from '../sink/memory-sink-faults.ts'

/** Names that one test has for itself; a target that others use too tells its things by them. */
export interface SinkTestNames {
  /** The id of the sink in all of its processes. */
  readonly sinkId: string
  /** The topic that records come from. */
  readonly topic: string
  /** Another one, for the tests of several topics. */
  readonly otherTopic: string
}

/** What a record of the suite is about. The harness makes one of its own of it that {@link SinkRow} can be read from. */
export interface SinkRecordShape {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Which of the records at this offset. */
  readonly index: number
  /** Null only where the harness says what becomes of it. */
  readonly key: string | null
  /** True: the value is null, where the harness says what becomes of it. */
  readonly isTombstone: boolean
}

/** One record that the target holds, or one effect that the receiver had. */
export interface SinkRow {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly index: number
}

/** A fault that waits for its moment; it happens once. */
export interface SinkInterruption {
  /** Resolves when the connection is cut, or stalls. */
  readonly reached: Promise<void>
  /** Lets what is stalled go on. Also called for faults that were not reached. */
  resume(): void
}

/** A sink and its target, for one test. */
export interface SinkUnderTest<K, V> {
  /** A new sink on the same target, not open yet. It stands for a process of its own: it shares the target, and nothing else. */
  createSink(): Promise<Sink<K, V>> | Sink<K, V>
  /** Key and value of a record that the target takes. */
  record(shape: SinkRecordShape): { readonly key: K; readonly value: V }
  /** Key and value of one that it will never take; see {@link SinkHarness.hasPoison}. */
  poison?(shape: SinkRecordShape): { readonly key: K; readonly value: V }
  /**
   * What the target holds, in the order of effects if {@link SinkHarness.tellsOrder}. All of it, duplicates included: read it
   * from the target, not through the sink. Of a receiver that honours keys: the effects it had.
   */
  contents(): Promise<readonly SinkRow[]>
  /**
   * Severs the connections of a sink as SIGKILL of its process does: nothing is closed, nothing said, and no new
   * connection comes. The suite leaves the sink alone until the case is over, and closes it then.
   */
  kill(sink: Sink<K, V>): Promise<void> | void
  /** Breaks the next write of a sink at a step; see {@link SinkHarness.steps}. Several sinks at a time have their own. */
  interrupt?(
    sink: Sink<K, V>,
    step: SinkStep,
    how: 'cut' | 'stall',
  ): Promise<SinkInterruption> | SinkInterruption
  /** Takes the target away from all sinks; see {@link SinkHarness.canStop}. */
  stopTarget?(): Promise<void> | void
  /** Gives it back, with all that it held. */
  startTarget?(): Promise<void> | void
  /** Called when the test is over; all sinks are closed then. */
  close?(): Promise<void> | void
}

/** A sink as the suite sees it: what it promises, what its target can show, and how one is had. */
export interface SinkHarness<K, V> {
  /** Of every sink that it makes. */
  readonly capabilities: SinkCapabilities
  /** Called for every test. */
  open(names: SinkTestNames): Promise<SinkUnderTest<K, V>> | SinkUnderTest<K, V>

  /**
   * What the target holds. `last-per-key`: one row for a key, of the last record.
   * @defaultValue 'each-record'
   */
  readonly keeps?: 'each-record' | 'last-per-key'
  /** Whether `contents` is in the order of effects. @defaultValue false */
  readonly tellsOrder?: boolean
  /** The steps at which `interrupt` can break a write; the more the better. @defaultValue none */
  readonly steps?: readonly SinkStep[]
  /** Whether `poison` is there. @defaultValue false */
  readonly hasPoison?: boolean
  /** Whether `stopTarget` and `startTarget` are there. @defaultValue false */
  readonly canStop?: boolean
  /** What becomes of a record without a key. @defaultValue it is not tried */
  readonly nullKey?: 'written' | 'rejected' | 'ignored'
  /** What becomes of a tombstone; `deletes` is for `last-per-key`. @defaultValue it is not tried */
  readonly tombstone?: 'written' | 'deletes' | 'rejected' | 'ignored'
  /** How soon a call must have found out that the target is away, or that its signal has aborted. @defaultValue 10_000 */
  readonly noticesWithinMs?: number
  /** How long one test may take. @defaultValue 60_000 */
  readonly timeoutMs?: number
}
