import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Deferred, deferred } from '../../base/deferred.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { ManualScheduler } from '../../sink/manual-scheduler.testkit.ts'
import { resolveSinkOptions } from '../../sink/sink-config.ts'
import type { SinkBatch } from '../../sink/sink.ts'
import { BatchCutter } from './batch-cutter.ts'
import { BatchWrites } from './batch-writes.ts'
import type { PipelineEnvironment } from './partition-pipeline.ts'
import { SinkGate } from './sink-gate.ts'
import { createSinkCounters } from './sink-metrics.ts'

const down = new MillraceError('MR_SINK_UNAVAILABLE', 'down')

interface Write extends Deferred<undefined> {
  readonly batch: SinkBatch<unknown, unknown>
}

class Bed {
  readonly scheduler: ManualScheduler = new ManualScheduler()
  readonly handedOver: Write[] = []
  readonly failures: MillraceError[] = []
  readonly cutter: BatchCutter
  readonly writes: BatchWrites

  constructor(maxBatchesInFlight: number) {
    const { scheduler } = this
    const capabilities = { tier: 'idempotent', maxBatchesInFlight } as const
    const config = resolveSinkOptions({ batch: { maxRecords: 1 } }, 'out', capabilities)
    const gate = new SinkGate({ sinkId: 'out', config: undefined, scheduler, logger: silentLogger })
    const environment = {
      sinkId: 'out',
      config,
      gate,
      counters: createSinkCounters(),
      scheduler,
      random: () => 1,
      logger: silentLogger,
    } as unknown as PipelineEnvironment // What else is there is not used by writes without rejections.
    const at = { topic: 'in', partition: 0, from: 0, position: 0 }
    this.cutter = new BatchCutter({
      ...at,
      config: config.batch,
      keepsRaws: false,
      clock: scheduler,
    })
    this.writes = new BatchWrites({
      environment,
      cutter: this.cutter,
      writer: {
        position: undefined,
        write: (batch) => {
          const write = { ...deferred<undefined>(), batch }
          this.handedOver.push(write)
          return write.promise
        },
        close: () => Promise.resolve(),
      },
      signal: new AbortController().signal,
      onAcknowledged: () => undefined,
      onFailure: (error) => this.failures.push(error),
    })
  }

  /** A batch an offset. */
  add(...offsets: readonly number[]): void {
    for (const offset of offsets) {
      const raw = { topic: 'in', partition: 0, offset, timestamp: 0, key: null, value: null }
      this.cutter.add({ ...raw, headers: [] }, [
        { index: 0, timestampMs: 0, key: null, value: offset, headers: [] },
      ])
    }
    this.writes.dispatch()
  }

  get offsets(): readonly number[] {
    return this.handedOver.map(({ batch }) => batch.firstOffset)
  }

  async end(index: number, error?: MillraceError): Promise<void> {
    if (error === undefined) this.handedOver[index]?.resolve(undefined)
    else this.handedOver[index]?.reject(error)
    await turn()
  }
}

test('the position goes over what is acknowledged without a gap', async () => {
  const bed = new Bed(3)
  bed.add(0, 1, 2, 5)
  assert.deepEqual(bed.offsets, [0, 1, 2])
  await bed.end(1)
  assert.equal(bed.writes.ackedPosition, 0)
  await bed.end(0)
  assert.equal(bed.writes.ackedPosition, 2)
  assert.deepEqual(bed.offsets, [0, 1, 2, 5])
  await bed.end(2)
  assert.equal(bed.writes.ackedPosition, 5)
  await bed.end(3)
  assert.equal(bed.writes.ackedPosition, 6)
})

test('no more are under way than may be, those that wait for an older one included', async () => {
  const bed = new Bed(2)
  bed.add(0, 1, 2, 3)
  await bed.end(1)
  assert.deepEqual(bed.offsets, [0, 1])
  await bed.end(0)
  assert.deepEqual(bed.offsets, [0, 1, 2, 3])
})

test('behind one that failed none is handed over, until it is', async () => {
  const bed = new Bed(3)
  bed.add(0, 1)
  await bed.end(0, down)
  bed.add(2)
  await bed.end(1, down)
  assert.deepEqual(bed.offsets, [0, 1])
  bed.scheduler.advance(100)
  assert.deepEqual(bed.offsets, [0, 1, 0, 1, 2])
})

test('the oldest is handed over first, though a younger one failed before it', async () => {
  const bed = new Bed(2)
  bed.add(0, 1)
  await bed.end(1, down)
  bed.scheduler.advance(50)
  await bed.end(0, down)
  bed.scheduler.advance(60)
  assert.deepEqual(bed.offsets, [0, 1])
  bed.scheduler.advance(40)
  assert.deepEqual(bed.offsets, [0, 1, 0, 1])
})

test('one that is to be drained hands nothing over, and is drained when what is under way has ended', async () => {
  const bed = new Bed(2)
  bed.add(0, 1, 2)
  let isDrained = false
  void bed.writes.drain().then(() => {
    isDrained = true
  })
  await bed.end(0)
  assert.deepEqual([isDrained, bed.offsets], [false, [0, 1]])
  await bed.end(1, down)
  assert.deepEqual([isDrained, bed.writes.ackedPosition], [true, 1])
  bed.scheduler.advance(60_000)
  assert.deepEqual([bed.offsets, bed.failures], [[0, 1], []])
})

test('what no wait can mend is told once, and nothing is handed over after it', async () => {
  const bed = new Bed(3)
  const broken = new MillraceError('MR_SINK_FAILED', 'no table')
  bed.add(0, 1, 2)
  await bed.end(1, broken)
  await bed.end(0, new MillraceError('MR_SINK_FAILED', 'no table either'))
  bed.add(3)
  const told = bed.failures.map(({ code, message, at }) => ({ code, message, at }))
  const at = { sink: 'out', topic: 'in', partition: 0, firstOffset: 1, lastOffset: 1 }
  assert.deepEqual(told, [{ code: broken.code, message: broken.message, at }])
  assert.deepEqual(bed.offsets, [0, 1, 2])
})
