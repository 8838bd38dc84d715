import {
  MillraceError,
  type Sink,
  type SinkRecord,
  type SinkWriteControl,
  type SinkWriter,
  type TopicPartition,
} from '@millrace/core'
import { silentLogger, systemClock } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { SinkStep } from '../sink/memory-sink-faults.ts'
import type {
  SinkHarness,
  SinkInterruption,
  SinkRow,
  SinkTestNames,
  SinkUnderTest,
} from './sink-under-test.ts'
import { SeededRandom } from './seeded-random.ts'
import { assertRows } from './sink-rows.ts'
import { type BatchShape, keyOf, type TestBatch } from './sink-test-batch.ts'

/** Offsets of one batch: aligned batches end where an offset is a multiple of it. */
export const BATCH = 10

/** How long a batch is tried that must be written in the end. */
const PATIENCE_MS = 20_000
const RETRY_MS = 20
const NEVER = new AbortController().signal

/** A writer of one partition, in one process. */
export interface ClaimedPartition extends TopicPartition {
  readonly writer: SinkWriter<unknown, unknown>
  /** Where reading goes on: the position of the target, else the committed offset. */
  readonly position: number
}

/** A write that has been given to a sink. */
export interface StartedWrite {
  /** Settles as the write does; never rejects. */
  readonly outcome: Promise<unknown>
  /** Offsets that were rejected so far. */
  readonly rejected: number[]
}

/** One sink, as a process has it. */
export class SinkProcess {
  readonly sink: Sink<unknown, unknown>
  readonly owner: string
  readonly #bed: SinkBed

  constructor(bed: SinkBed, sink: Sink<unknown, unknown>, owner: string) {
    this.#bed = bed
    this.sink = sink
    this.owner = owner
  }

  async open(sinkId: string = this.#bed.names.sinkId): Promise<void> {
    const random = new SeededRandom(1)
    await this.sink.open({
      sinkId,
      owner: this.owner,
      logger: silentLogger,
      scheduler: systemClock,
      random: () => random.below(1000) / 1000,
    })
  }

  /** Claims a partition, again while the answer is 'retry'. */
  async claim(partition = 0, topic: string = this.#bed.names.topic): Promise<ClaimedPartition> {
    const initialOffset = this.#bed.committed(topic, partition)
    const writer = await this.#bed.persist(() =>
      this.sink.claim({ topic, partition, initialOffset, signal: NEVER }),
    )
    return { topic, partition, writer, position: writer.position ?? initialOffset }
  }
}

/** Sinks, batches and expectations of one test. */
export class SinkBed {
  readonly harness: SinkHarness<unknown, unknown>
  readonly names: SinkTestNames
  readonly #target: SinkUnderTest<unknown, unknown>
  readonly #processes: SinkProcess[] = []
  readonly #killed = new Set<SinkProcess>()
  readonly #committed = new Map<string, number>()
  readonly #interruptions: SinkInterruption[] = []
  #isClosed = false

  constructor(
    harness: SinkHarness<unknown, unknown>,
    names: SinkTestNames,
    target: SinkUnderTest<unknown, unknown>,
  ) {
    this.harness = harness
    this.names = names
    this.#target = target
  }

  get isTransactional(): boolean {
    return this.harness.capabilities.tier === 'transactional'
  }

  get noticesWithinMs(): number {
    return this.harness.noticesWithinMs ?? 10_000
  }

  /** A process that has not opened its sink. */
  async create(): Promise<SinkProcess> {
    const sink = await this.#target.createSink()
    assert.deepEqual(
      { alignedBatches: false, maxBatchesInFlight: 1, ...sink.capabilities },
      { alignedBatches: false, maxBatchesInFlight: 1, ...this.harness.capabilities },
      'a sink has other capabilities than its harness says',
    )
    const process = new SinkProcess(this, sink, `process-${this.#processes.length}`)
    this.#processes.push(process)
    return process
  }

  /** A process with an open sink. */
  async start(): Promise<SinkProcess> {
    const process = await this.create()
    await this.persist(() => process.open())
    return process
  }

  /** A process that has claimed partition 0 already. */
  async startWriter(): Promise<{ readonly process: SinkProcess } & ClaimedPartition> {
    const process = await this.start()
    return { process, ...(await process.claim()) }
  }

  /** Ends a process as SIGKILL does. */
  async kill(process: SinkProcess): Promise<void> {
    this.#killed.add(process)
    await this.#target.kill(process.sink)
  }

  /** Breaks the next write of a process at a step. */
  async interrupt(
    process: SinkProcess,
    step: SinkStep,
    how: 'cut' | 'stall',
  ): Promise<SinkInterruption> {
    const interruption = await this.#target.interrupt?.(process.sink, step, how)
    assert.ok(interruption, 'the harness names steps and has no interrupt()')
    this.#interruptions.push(interruption)
    return interruption
  }

  async stopTarget(): Promise<void> {
    await call('stopTarget', this.#target.stopTarget?.bind(this.#target))
  }

  async startTarget(): Promise<void> {
    await call('startTarget', this.#target.startTarget?.bind(this.#target))
  }

  /** The batch of offsets from `number` * 10 to before the next multiple. */
  batch(number: number, shape: BatchShape = {}): TestBatch {
    return this.batchOf(number * BATCH, (number + 1) * BATCH, shape)
  }

  batchOf(from: number, to: number, shape: BatchShape = {}): TestBatch {
    const { topic = this.names.topic, partition = 0, indexes = 1 } = shape
    const offsets = shape.offsets ?? Array.from({ length: to - from }, (_, i) => from + i)
    const records = offsets.flatMap((offset) =>
      Array.from({ length: indexes }, (_, index) =>
        this.#record({ topic, partition, offset, index }, shape),
      ),
    )
    const [firstOffset = from, lastOffset = from] = [offsets[0], offsets.at(-1)]
    return { topic, partition, from, to, firstOffset, lastOffset, records, shape }
  }

  /** Gives a batch to a writer. The outcome is undefined, or the error. */
  startWrite(
    { writer }: Pick<ClaimedPartition, 'writer'>,
    batch: TestBatch,
    control: Partial<SinkWriteControl<unknown, unknown>> = {},
  ): StartedWrite {
    const rejected: number[] = []
    const writing = writer.write(batch, {
      signal: NEVER,
      reject: (record) => {
        rejected.push(record.offset)
        return Promise.resolve()
      },
      ...(this.harness.capabilities.emitsTo && { emit: () => Promise.resolve() }),
      ...control,
    })
    const outcome = writing.then(
      () => {
        this.#commit(batch)
        return undefined
      },
      (error: unknown) => error,
    )
    return { outcome, rejected }
  }

  /** Writes batches one after the other, each again while the answer is 'retry', as an app does. */
  async write(claimed: ClaimedPartition, ...batches: readonly TestBatch[]): Promise<void> {
    for (const batch of batches) {
      await this.persist(async () => {
        const error = await this.startWrite(claimed, batch).outcome
        if (error !== undefined) throw error as Error
      })
    }
  }

  /** Writes those of the batches that come after the position of a new claim. */
  async resume(claimed: ClaimedPartition, ...batches: readonly TestBatch[]): Promise<void> {
    const rest = batches.filter(({ to }) => to > claimed.position)
    const [first] = rest
    if (first !== undefined) {
      assert.equal(first.from, claimed.position, 'the position is not the end of a batch')
    }
    await this.write(claimed, ...rest)
  }

  /** The offset that the sink's consumer group has: what a target without a position goes by. */
  committed(topic: string, partition: number): number {
    return this.#committed.get(`${topic}/${partition}`) ?? 0
  }

  /** Where a partition begins that nobody has written. */
  beginAt(offset: number, { topic = this.names.topic, partition = 0 }: BatchShape = {}): void {
    this.#committed.set(`${topic}/${partition}`, offset)
  }

  /** Calls again while the error says 'retry'. */
  async persist<T>(call: () => Promise<T>): Promise<T> {
    const deadlineMs = Date.now() + PATIENCE_MS
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!MillraceError.is(error) || error.action !== 'retry') throw error
        if (this.#isClosed || Date.now() > deadlineMs) throw error
        await delay(RETRY_MS)
      }
    }
  }

  /** The result, unless it takes longer than a sink may take to notice. */
  async soon<T>(what: string, promise: Promise<T>): Promise<T> {
    const late = new AbortController()
    const failure = delay(this.noticesWithinMs, undefined, { signal: late.signal }).then(() => {
      throw new assert.AssertionError({
        message: `${what} took longer than ${this.noticesWithinMs} ms`,
      })
    })
    try {
      return await Promise.race([promise, failure])
    } finally {
      late.abort()
      failure.catch(() => undefined)
    }
  }

  /** Asserts that the target holds what was in these batches, each record once, and nothing else. */
  async assertHolds(...batches: readonly TestBatch[]): Promise<void> {
    const rows = await this.#target.contents()
    assertRows(rows, batches, this.harness)
  }

  /** Closes what is alive, and the target. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const interruption of this.#interruptions) interruption.resume()
    // Those that were killed as well: they do not know that they are dead, and what they try again would reach the
    // target of another case, if that one is given the same port.
    const [killed, alive] = [
      [...this.#killed],
      [...this.#processes].filter((one) => !this.#killed.has(one)),
    ]
    for (const process of [...alive, ...killed]) await this.soon('close', process.sink.close())
    await this.#target.close?.()
  }

  #record(place: SinkRow, shape: BatchShape): SinkRecord<unknown, unknown> {
    const isTombstone = shape.tombstones?.includes(place.offset) ?? false
    const key = keyOf(place, shape)
    const make = shape.poison?.includes(place.offset) === true ? 'poison' : 'record'
    const made = this.#target[make]?.({ ...place, key, isTombstone })
    assert.ok(made, 'the harness has poison and no poison()')
    const value = isTombstone ? null : made.value
    return { ...place, key: made.key, value, timestampMs: 1_700_000_000_000, headers: [] }
  }

  #commit({ topic, partition, to }: TestBatch): void {
    const at = `${topic}/${partition}`
    this.#committed.set(at, Math.max(to, this.#committed.get(at) ?? 0))
  }
}

async function call(name: string, method: (() => Promise<void> | void) | undefined): Promise<void> {
  assert.ok(method, `the harness can stop its target and has no ${name}()`)
  await method()
}
