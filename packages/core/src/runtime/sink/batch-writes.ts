import { MillraceError } from '../../errors/millrace-error.ts'
import type { CircuitPermit } from '../../sink/circuit-breaker.ts'
import { RetryPolicy } from '../../sink/retry-policy.ts'
import type { SinkRecord, SinkWriteControl, SinkWriter } from '../../sink/sink.ts'
import { Alarm } from './alarm.ts'
import { FailureLog } from './failure-log.ts'
import type { BatchCutter, CutBatch } from './batch-cutter.ts'
import type { PipelineEnvironment } from './partition-pipeline.ts'
import { mayBeTriedAgain, sinkError, type SinkPlace } from './sink-error.ts'

export interface BatchWritesParts {
  readonly environment: PipelineEnvironment
  readonly cutter: BatchCutter
  readonly writer: SinkWriter<unknown, unknown>
  readonly signal: AbortSignal
  /** A batch left the window: there is room. */
  readonly onAcknowledged: () => void
  readonly onFailure: (error: MillraceError) => void
}

/** A batch from its first attempt to its acknowledgement. */
interface Entry {
  readonly batch: CutBatch
  readonly retry: RetryPolicy
  readonly log: FailureLog
  state: 'waiting' | 'writing' | 'acknowledged'
  notBeforeMs: number
  lastError: MillraceError | undefined
}

/** While this many batches are complete and not handed over, no more records are processed. */
const BATCHES_AHEAD = 1

/**
 * The batches of one partition that are under way.
 *
 * Semantics: a window of `maxBatchesInFlight` batches, the oldest one of which is not acknowledged. They are handed
 * over in order: behind one that failed and waits for its next attempt, none is. Those that were under way together
 * with it may be acknowledged before; the position waits for it.
 */
export class BatchWrites {
  readonly #parts: BatchWritesParts
  readonly #window: Entry[] = []
  readonly #alarm: Alarm
  readonly #forget: () => void
  #bytes = 0
  #storedPosition: number
  #writing = 0
  #mode: 'open' | 'draining' | 'stopped' = 'open'
  #drained: () => void = () => undefined

  constructor(parts: BatchWritesParts) {
    this.#parts = parts
    this.#storedPosition = parts.cutter.from
    const { scheduler, gate } = parts.environment
    const dispatch = (): void => {
      this.dispatch()
    }
    this.#alarm = new Alarm(scheduler, dispatch)
    this.#forget = gate.listen(dispatch)
  }

  /** Where the oldest batch begins that is not acknowledged; without one, as far as records were processed. */
  get ackedPosition(): number {
    const { cutter } = this.#parts
    return this.#window[0]?.batch.firstOffset ?? cutter.firstOffset ?? cutter.position
  }

  /** `to` of the last batch that is acknowledged without a gap: what a target holds that keeps positions. */
  get storedPosition(): number {
    return this.#storedPosition
  }

  /** Of records that are processed and not acknowledged. */
  get waitingBytes(): number {
    return this.#bytes
  }

  get hasCompleteBatches(): boolean {
    return this.#window.length > 0 || this.#parts.cutter.complete > 0
  }

  /** Whether more records may be processed. */
  get hasRoom(): boolean {
    return this.#mode === 'open' && this.#parts.cutter.complete <= BATCHES_AHEAD
  }

  /** Records of so many bytes are in the cutter now. */
  took(bytes: number): void {
    this.#bytes += bytes
  }

  /** Starts what may be written now. */
  dispatch(): void {
    if (this.#mode !== 'open') return
    try {
      this.#alarm.set(this.#dispatchUntil())
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Hands nothing over from now on. Resolves when nothing is under way. */
  async drain(): Promise<void> {
    if (this.#mode === 'open') this.#mode = 'draining'
    this.#alarm.set(Infinity)
    if (this.#writing === 0) return
    await new Promise<void>((resolve) => {
      this.#drained = resolve
    })
  }

  /** Takes no notice of what comes of the writes under way. */
  stop(): void {
    this.#mode = 'stopped'
    this.#alarm.set(Infinity)
    this.#forget()
    this.#drained()
  }

  /** @returns when to look again, if nothing happens before */
  #dispatchUntil(): number {
    const { scheduler, config } = this.#parts.environment
    for (let i = 0; i < config.maxBatchesInFlight; i++) {
      const entry = this.#window[i] ?? this.#next()
      if (entry === undefined) return this.#parts.cutter.dueMs ?? Infinity
      if (entry.state !== 'waiting') continue
      if (scheduler.nowMs() < entry.notBeforeMs) return entry.notBeforeMs
      if (!this.#tryStart(entry)) return entry.retry.deadlineMs
    }
    return Infinity
  }

  #next(): Entry | undefined {
    const { cutter, environment } = this.#parts
    const { scheduler, random, config, logger } = environment
    const nowMs = scheduler.nowMs()
    if (cutter.complete === 0 && (cutter.dueMs ?? Infinity) <= nowMs) cutter.cutOpen()
    const batch = cutter.take()
    if (batch === undefined) return undefined
    const entry: Entry = {
      batch,
      retry: new RetryPolicy({ config: config.retry, clock: scheduler, random }),
      log: new FailureLog(logger, scheduler),
      state: 'waiting',
      notBeforeMs: 0,
      lastError: undefined,
    }
    this.#window.push(entry)
    return entry
  }

  /** False when the circuit is open. */
  #tryStart(entry: Entry): boolean {
    if (this.#parts.environment.scheduler.nowMs() >= entry.retry.deadlineMs) {
      entry.retry.assertInTime(this.#describe(entry), entry.lastError)
    }
    const permit = this.#parts.environment.gate.tryEnter()
    if (permit === undefined) return false
    entry.state = 'writing'
    this.#writing++
    void this.#write(entry, permit)
    return true
  }

  async #write(entry: Entry, permit: CircuitPermit): Promise<void> {
    const { writer, environment } = this.#parts
    try {
      await writer.write(entry.batch, this.#control(entry))
      permit.succeeded()
      this.#acknowledged(entry)
    } catch (error) {
      const failure = sinkError(error, this.#describe(entry), this.#at(entry))
      const isPassing = mayBeTriedAgain(failure)
      if (isPassing && this.#mode !== 'stopped') permit.failed(failure)
      else permit.abandoned()
      if (isPassing) this.#failed(entry, failure)
      else if (this.#mode === 'draining' && failure.action === 'fence') {
        environment.logger.debug('fenced while the partition is given away', { ...failure.at })
      } else this.#fail(failure)
    } finally {
      this.#writing--
      if (this.#writing === 0) this.#drained()
    }
    this.dispatch()
  }

  #acknowledged(entry: Entry): void {
    if (this.#mode === 'stopped') return
    const { counters } = this.#parts.environment
    entry.state = 'acknowledged'
    counters.batches++
    counters.records += entry.batch.records.length
    const { failures } = entry.retry
    if (failures > 0) entry.log.succeeded(this.#describe(entry), failures + 1)
    while (this.#window[0]?.state === 'acknowledged') {
      const { batch } = this.#window[0]
      this.#bytes -= batch.bufferedBytes
      this.#storedPosition = batch.to
      this.#window.shift()
    }
    this.#parts.onAcknowledged()
  }

  #failed(entry: Entry, error: MillraceError): void {
    if (this.#mode === 'stopped') return
    const { counters, scheduler } = this.#parts.environment
    counters.retries++
    const waitMs = entry.retry.failed(error)
    entry.state = 'waiting'
    entry.notBeforeMs = scheduler.nowMs() + waitMs
    entry.lastError = error
    const attempt = entry.retry.failures
    entry.log.failed(this.#describe(entry), error, { waitMs, attempt, at: this.#at(entry) })
  }

  #fail(error: unknown): void {
    if (this.#mode === 'stopped') return
    this.stop()
    const { sinkId } = this.#parts.environment
    this.#parts.onFailure(sinkError(error, `sink ${sinkId}`, { sink: sinkId }))
  }

  #control(entry: Entry): SinkWriteControl<unknown, unknown> {
    const { signal, environment } = this.#parts
    const { rejected, emit } = environment
    /** The same record is a dead letter once an attempt, however many outputs of it are refused. */
    const seen = new Map<number, Promise<void>>()
    const reject = (record: SinkRecord<unknown, unknown>, error: MillraceError): Promise<void> => {
      const before = seen.get(record.offset)
      if (before !== undefined) return before
      const raw = entry.batch.raws.find(({ offset }) => offset === record.offset)
      const attempts = entry.retry.failures + 1
      const rejection = rejected.reject({ record, raw, error, attempts })
      seen.set(record.offset, rejection)
      return rejection
    }
    return emit === undefined ? { signal, reject } : { signal, reject, emit }
  }

  #describe({ batch }: Entry): string {
    const { topic, partition, firstOffset, lastOffset } = batch
    const { sinkId } = this.#parts.environment
    return `sink ${sinkId}: writing ${topic}-${partition} offsets ${firstOffset} to ${lastOffset}`
  }

  #at({ batch }: Entry): SinkPlace {
    const { topic, partition, firstOffset, lastOffset } = batch
    const { sinkId } = this.#parts.environment
    return { sink: sinkId, topic, partition, firstOffset, lastOffset }
  }
}
