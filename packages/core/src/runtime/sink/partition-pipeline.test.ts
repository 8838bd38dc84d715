import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Awaitable } from '../../base/awaitable.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import { silentLogger } from '../../observe/logger.ts'
import { ManualScheduler } from '../../sink/manual-scheduler.testkit.ts'
import { resolveSinkOptions } from '../../sink/sink-config.ts'
import type { SinkBatch, SinkWriter } from '../../sink/sink.ts'
import { PartitionPipeline, type PipelineEnvironment } from './partition-pipeline.ts'
import { SinkGate } from './sink-gate.ts'
import { createSinkCounters, type SinkCounters } from './sink-metrics.ts'
import type { SinkStart } from './sink-start.ts'
import type { ChainOutput } from './stateless-chain.ts'

const START = { topic: 'in', partition: 0, initialOffset: 5, committed: 5, storedThen: 5 }

class Bed {
  readonly scheduler: ManualScheduler = new ManualScheduler()
  readonly batches: SinkBatch<unknown, unknown>[] = []
  readonly claims: Deferred<SinkWriter<unknown, unknown>>[] = []
  readonly failures: MillraceError[] = []
  readonly counters: SinkCounters = createSinkCounters()
  readonly pipeline: PartitionPipeline
  closedWriters = 0
  /** The group's offset when it is asked for once more. */
  committedAgain = 5
  /** Where the log begins. */
  logStart = 0
  process: (raw: ConsumedRecord) => Awaitable<readonly ChainOutput[]> = (raw) => [outputOf(raw)]

  constructor() {
    const { scheduler } = this
    const tier = 'idempotent'
    const environment = {
      sinkId: 'out',
      sink: {
        kind: 'test',
        capabilities: { tier },
        open: () => Promise.resolve(),
        claim: () => {
          const claim = deferred<SinkWriter<unknown, unknown>>()
          this.claims.push(claim)
          return claim.promise
        },
        close: () => Promise.resolve(),
      },
      config: resolveSinkOptions({ batch: { maxRecords: 3 } }, 'out', { tier }),
      gate: new SinkGate({ sinkId: 'out', config: undefined, scheduler, logger: silentLogger }),
      emit: undefined,
      counters: this.counters,
      scheduler,
      random: () => 1,
      logger: silentLogger,
    } as unknown as PipelineEnvironment // Nothing is rejected here.
    this.pipeline = new PartitionPipeline({
      environment,
      partition: { topic: 'in', partition: 0 },
      chain: { process: (raw) => this.process(raw), close: () => Promise.resolve() },
      startAgain: () => Promise.resolve({ ...START, committed: this.committedAgain }),
      readingStart: (start, position) => this.readingStart(start, position),
      onChange: () => undefined,
      onFailure: (error) => this.failures.push(error),
    })
  }

  readingStart({ initialOffset, committed = 0 }: SinkStart, position?: number): Promise<number> {
    const at = position ?? initialOffset
    if (at >= this.logStart) return Promise.resolve(at)
    if (committed >= this.logStart) return Promise.resolve(this.logStart)
    return Promise.reject(new MillraceError('MR_SINK_POSITION', 'gone'))
  }

  async begin(): Promise<void> {
    const claimed = this.pipeline.claim(START)
    await turn()
    this.claims[0]?.resolve(this.writer())
    await claimed
    this.pipeline.beginReading()
  }

  writer(position?: number): SinkWriter<unknown, unknown> {
    return {
      position,
      write: (batch) => {
        this.batches.push(batch)
        return Promise.resolve()
      },
      close: () => {
        this.closedWriters++
        return Promise.resolve()
      },
    }
  }

  async receive(...offsets: readonly number[]): Promise<void> {
    for (const offset of offsets) this.pipeline.receive(raw(offset))
    this.pipeline.pump()
    for (let i = 0; i < 20; i++) await turn()
  }

  get written(): readonly (readonly number[])[] {
    return this.batches.map(({ records }) => records.map(({ offset }) => offset))
  }
}

function raw(offset: number): ConsumedRecord {
  const value = new Uint8Array(1)
  return { topic: 'in', partition: 0, offset, timestamp: 0, key: null, value, headers: [] }
}

function outputOf({ offset }: ConsumedRecord): ChainOutput {
  return { index: 0, timestampMs: 0, key: null, value: offset, headers: [] }
}

test('a record that the client gives again, or from before the position, is not taken twice', async () => {
  const bed = new Bed()
  await bed.begin()
  await bed.receive(4, 5, 6, 6)
  await bed.receive(6, 7)
  bed.pipeline.reachedEnd(12)
  await bed.receive(7, 12, 13, 14)
  assert.deepEqual(bed.written, [
    [5, 6, 7],
    [12, 13, 14],
  ])
  assert.equal(bed.pipeline.ackedPosition, 15)
})

test('what operators make nothing of is counted, and the position goes over it', async () => {
  const bed = new Bed()
  bed.process = (one) => (one.offset % 2 === 0 ? [] : [outputOf(one)])
  await bed.begin()
  await bed.receive(5, 6, 7, 8, 9, 10)
  assert.deepEqual(bed.written, [[5, 7, 9]])
  assert.deepEqual([bed.counters.filtered, bed.pipeline.ackedPosition], [3, 11])
  assert.equal(bed.pipeline.waitingBytes, 0)
})

test('asynchronous operators are waited for, one record after the other', async () => {
  const bed = new Bed()
  let atWork = 0
  bed.process = async (one) => {
    atWork++
    assert.equal(atWork, 1)
    await turn()
    atWork--
    return [outputOf(one)]
  }
  await bed.begin()
  await bed.receive(5, 6, 7, 8, 9, 10)
  assert.deepEqual(bed.written, [
    [5, 6, 7],
    [8, 9, 10],
  ])
})

test('an operator that fails is told once, and nothing behind it is written', async () => {
  const bed = new Bed()
  bed.process = (one) => {
    if (one.offset === 9) throw new Error('boom')
    return [outputOf(one)]
  }
  await bed.begin()
  await bed.receive(5, 6, 7, 8, 9, 10, 11)
  bed.scheduler.advance(1000)
  assert.deepEqual(
    bed.failures.map(({ code }) => code),
    ['MR_SINK_FAILED'],
  )
  assert.equal(bed.pipeline.ackedPosition, 5)
})

test('a claim under way when the partition is given up is waited for, and what came of it closed', async () => {
  const bed = new Bed()
  const claimed = bed.pipeline.claim(START)
  await turn()
  let isClosed = false
  const closing = bed.pipeline.close(1000).then(() => {
    isClosed = true
  })
  await turn()
  assert.equal(isClosed, false)
  bed.claims[0]?.resolve(bed.writer())
  await Promise.all([claimed, closing])
  assert.deepEqual([bed.closedWriters, bed.pipeline.state, bed.failures], [1, 'closed', []])
})

test('a claim that hangs is waited for no longer than may be', async () => {
  const bed = new Bed()
  void bed.pipeline.claim(START)
  await turn()
  const closing = bed.pipeline.close(1000)
  await turn()
  bed.scheduler.advance(1000)
  await closing
  assert.equal(bed.pipeline.state, 'closed')
})

/** The answer to a claim came when another had claimed, written and purged since. */
async function claimLate(bed: Bed, second: number): Promise<void> {
  bed.logStart = 9
  const claimed = bed.pipeline.claim(START)
  await turn()
  bed.claims[0]?.resolve(bed.writer(5))
  for (let i = 0; i < 20; i++) await turn()
  bed.claims[1]?.resolve(bed.writer(second))
  await claimed
}

test('a claim whose position is not in the log is made once more', async () => {
  const bed = new Bed()
  await claimLate(bed, 9)
  assert.deepEqual([bed.failures, bed.claims.length, bed.closedWriters], [[], 2, 1])
  assert.equal(bed.pipeline.readFrom, 9)
})

test('with the second claim the group is asked for its offset once more', async () => {
  const bed = new Bed()
  bed.committedAgain = 9
  await claimLate(bed, 7)
  assert.deepEqual(bed.failures, [])
  assert.equal(bed.pipeline.readFrom, 9)
})

test('a position that is not there a second time either ends the pipeline', async () => {
  const bed = new Bed()
  await claimLate(bed, 7)
  assert.deepEqual(
    bed.failures.map(({ code }) => code),
    ['MR_SINK_POSITION'],
  )
})
