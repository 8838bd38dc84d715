import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import { operatorContext, type OperatorTime } from '../../processor/operator-context.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { type Headers, NO_HEADERS } from '../../record/headers.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { OuterJoinStore, UnmatchedRecord } from '../../state/outer-join-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { JoinWindows } from '../../time/join-windows.ts'

/** What both sides of a left or outer join have in common. */
export interface UnmatchedParts<K, R> {
  readonly windows: JoinWindows
  readonly store: StoreBuilder<OuterJoinStore<K>>
  /** The result of a record that stays alone. */
  readonly resultOf: (record: UnmatchedRecord<K>) => R
}

/** A time that is not there. */
const NONE = -1

/**
 * The records of a left or outer join that have found no match so far, and the time by which it is known
 * that they will find none (Kafka Streams: `KStreamKStreamJoin.emitNonJoinedOuterRecords` and its `TimeTracker`).
 *
 * Semantics: both sides of a task share one stream time, the highest timestamp that came to either of them.
 * A record is released when its window and the grace are over: left ones when
 * `timestamp + after + grace < stream time`, right ones with `before`. It is joined with null, at its own
 * timestamp, with the headers of the record that let time pass.
 *
 * A look costs a scan of all that wait, so there is one each `emitIntervalMs` of the clock at most, and none
 * while the lowest time is known to be too new. That lowest time is Kafka Streams', whose scan leaves it at
 * the last entry that it saw: what is before it waits until a look is due for that entry.
 *
 * What survives: stream time and lowest time are committed with the offsets, as the entries are with the
 * changelog, so that neither an abort nor a crash changes what comes out. The time of the next look
 * does not: it is the clock of one machine.
 *
 * While all inputs are idle, time goes on by {@link advance} if the sources say so; Kafka Streams has no such time.
 */
export class UnmatchedRecords<K, R> {
  readonly #windows: JoinWindows
  readonly #resultOf: UnmatchedParts<K, R>['resultOf']
  readonly #store: OuterJoinStore<K>
  readonly #emitIntervalMs: number
  readonly #streamTime: OperatorTime
  /** -1: nothing waits, as far as is known. */
  readonly #lowestTime: OperatorTime

  constructor(context: ProcessorContext<K, R>, parts: UnmatchedParts<K, R>) {
    const { name } = parts.store
    const operator = operatorContext(context)
    this.#windows = parts.windows
    this.#resultOf = parts.resultOf
    this.#store = context.getStateStore(parts.store)
    this.#store.nextLookMs = 0
    this.#store.idleTime.leftMs = -1
    this.#store.idleTime.rightMs = -1
    this.#emitIntervalMs = operator.emitIntervalMs
    this.#streamTime = operator.operatorTime(`${name}-stream-time`)
    this.#lowestTime = operator.operatorTime(`${name}-lowest-time`)
  }

  get streamTimeMs(): number {
    return this.#streamTime.ms
  }

  /** Lets time pass. */
  observe(timestampMs: number): void {
    if (timestampMs > this.#streamTime.ms) this.#streamTime.ms = timestampMs
  }

  add(record: UnmatchedRecord<K>): void {
    const { timestampMs } = record
    const lowest = this.#lowestTime
    if (lowest.ms === NONE || timestampMs < lowest.ms) lowest.ms = timestampMs
    this.#store.add(record)
  }

  /** To be called for each match, whether it waited or not. */
  remove(timestampMs: number, isLeft: boolean, key: K): void {
    this.#store.remove(timestampMs, isLeft, key)
  }

  /**
   * Forwards the records whose time is over, in the order of their times.
   * @param lookMs how far the side of `cause` looks ahead: `after` of the left, `before` of the right
   */
  release(
    cause: StreamRecord<K, unknown>,
    lookMs: number,
    context: ProcessorContext<K, R>,
  ): Awaitable<void> {
    if (!this.#mayBeDue(lookMs)) return
    const nowMs = context.currentSystemTimeMs
    if (nowMs < this.#store.nextLookMs) return
    this.#store.nextLookMs = nowMs + this.#emitIntervalMs
    return this.#forward(this.#takeDue(), 0, cause.headers, context)
  }

  /** Takes out of the store what is to be released, in the order in which the store has it. */
  #takeDue(): readonly UnmatchedRecord<K>[] {
    const due: UnmatchedRecord<K>[] = []
    let leftsAreOver = true
    let rightsAreOver = true
    this.#lowestTime.ms = NONE
    for (const record of this.#store.all()) {
      this.#lowestTime.ms = record.timestampMs
      if (!leftsAreOver && !rightsAreOver) break
      if (this.#isOver(record)) due.push(record)
      else if (record.isLeft) leftsAreOver = false
      else rightsAreOver = false
    }
    for (const { timestampMs, isLeft, key } of due) this.#store.remove(timestampMs, isLeft, key)
    return due
  }

  #forward(
    due: readonly UnmatchedRecord<K>[],
    from: number,
    headers: Headers,
    context: ProcessorContext<K, R>,
  ): Awaitable<void> {
    for (let i = from; i < due.length; i++) {
      const record = due[i]
      if (record === undefined) break
      const { key, timestampMs } = record
      const result = new StreamRecord(key, this.#resultOf(record), timestampMs, headers)
      const pending = context.forward(result)
      if (isPromiseLike(pending)) {
        return pending.then(() => this.#forward(due, i + 1, headers, context))
      }
    }
  }

  /**
   * Event time has come to `timeMs` above one side, while all inputs are idle: below both it is the earlier one.
   * Releases what is due then, without headers: no record has let time pass.
   */
  advance(isLeft: boolean, timeMs: number, context: ProcessorContext<K, R>): Awaitable<void> {
    const { idleTime } = this.#store
    if (isLeft) idleTime.leftMs = timeMs
    else idleTime.rightMs = timeMs
    const nowMs = Math.min(idleTime.leftMs, idleTime.rightMs)
    if (nowMs <= this.#streamTime.ms) return
    this.#streamTime.ms = nowMs
    const { beforeMs, afterMs, graceMs } = this.#windows
    const dueMs = this.#lowestTime.ms + Math.min(beforeMs, afterMs) + graceMs
    if (this.#lowestTime.ms === NONE || dueMs >= nowMs) return
    return this.#forward(this.#takeDue(), 0, NO_HEADERS, context)
  }

  /** How long a record may wait for its release. */
  get holdsBackMs(): number {
    const { beforeMs, afterMs, graceMs } = this.#windows
    return Math.max(beforeMs, afterMs, 0) + graceMs + 1
  }

  #mayBeDue(lookMs: number): boolean {
    const spanMs = lookMs + this.#windows.graceMs
    // Java's lowest time is then the largest of all numbers, and overflows if something is added.
    if (this.#lowestTime.ms === NONE) return spanMs > 0
    return this.#lowestTime.ms + spanMs < this.#streamTime.ms
  }

  #isOver({ timestampMs, isLeft }: UnmatchedRecord<K>): boolean {
    const { afterMs, beforeMs, graceMs } = this.#windows
    return timestampMs + (isLeft ? afterMs : beforeMs) + graceMs < this.#streamTime.ms
  }
}
