import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamsBuilder } from '../dsl/streams-builder.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import { silentLogger } from '../observe/logger.ts'
import { serdes } from '../serde/serdes.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import { failOnInvalidTimestamp } from '../time/timestamp-extractor.ts'
import { IdleWatch } from './idle-watch.ts'
import { encodeOffsetMetadata } from './offset-metadata.ts'
import { resolveTopology, type ResolvedTopology } from './resolved-topology.ts'
import { createMetrics } from './task-metrics.ts'
import { Task } from './task.ts'

const TEXT = { key: serdes.string, value: serdes.string }
const IDLE_MS = 500
/** Times that tasks upstream tell, as they are committed. */
const TOLD = 'told:there-repartition'

/** Two sub-topologies: one reads `in`, with two tasks; the other, with one, reads what they write. */
function resolved(): ResolvedTopology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { ...TEXT, watermark: { idle: IDLE_MS } })
    .repartition({ name: 'there', partitions: 1 })
    .to('out')
  return resolveTopology(builder.build(), 'app', new Map([['in', 2]]))
}

/** A task, a clock, and brokers that answer what the test says. */
interface Bed {
  readonly task: Task
  readonly watch: IdleWatch
  nowMs: number
  /** Of the partition, as brokers know it. */
  end: number
  isAway: boolean
  /** By the partitions of `in`. */
  told: readonly (number | undefined)[]
  readonly asked: string[]
  readonly sourceName: string
}

async function openBed(subtopology: 0 | 1): Promise<Bed> {
  const topology = resolved()
  const part = topology.subtopologies[subtopology]
  const source = part?.sources[0]
  const topic = source?.topics[0]
  assert.ok(part !== undefined && source !== undefined && topic !== undefined)
  const clock = { nowMs: (): number => bed.nowMs }
  const task = await openTask(part.subtopology, {
    clock,
    input: {
      topic,
      partition: 0,
      sourceNode: source.node.name,
      offset: 0,
      partitionTimeMs: -1,
      operatorTimes: new Map(),
      idleMs: topology.idleness.idleMs.get(source.node.name),
    },
  })
  const watch = new IdleWatch({
    resolved: topology,
    clock,
    logger: silentLogger,
    admin: {
      listOffsets(partitions) {
        bed.asked.push('ends')
        if (bed.isAway) return Promise.reject(new MillraceError('MR_BROKER_UNAVAILABLE', 'away'))
        return Promise.resolve(partitions.map((one) => ({ ...one, offset: bed.end })))
      },
    },
    consumer: {
      committed(partitions) {
        bed.asked.push('committed')
        return Promise.resolve(
          partitions.map((one) => {
            const told = bed.told[one.partition]
            const processorTimes = new Map(told === undefined ? [] : [[TOLD, told] as const])
            const metadata = encodeOffsetMetadata({ partitionTimeMs: -1, processorTimes })
            return { ...one, offset: 0, metadata }
          }),
        )
      },
    },
  })
  const { name: sourceName } = source.node
  const bed: Bed = {
    task,
    watch,
    nowMs: 10_000,
    end: 0,
    isAway: false,
    told: [],
    asked: [],
    sourceName,
  }
  return bed
}

async function openTask(
  subtopology: ResolvedTopology['subtopologies'][number]['subtopology'],
  {
    clock,
    input,
  }: {
    clock: { nowMs(): number }
    input: ConstructorParameters<typeof Task>[0]['inputs'][number]
  },
): Promise<Task> {
  const task = new Task({
    id: { subtopology: subtopology.id, partition: 0 },
    subtopology,
    inputs: [input],
    state: await inMemory().open({ taskId: '0_0', stores: [], directory: '' }),
    environment: {
      applicationId: 'app',
      timestampExtractor: failOnInvalidTimestamp,
      deserializationExceptionHandler: 'fail',
      processingExceptionHandler: 'fail',
      maxTaskIdleMs: -1,
      emitIntervalMs: 0,
      clock,
      logger: silentLogger,
      metrics: createMetrics(),
      collector: { send: () => undefined, partitionCount: () => 1 },
      topicName: (name) => name,
      changelogTopic: (store) => store,
    },
  })
  await task.init()
  return task
}

/** The next record comes, at the end of its partition; it waits to be processed. */
function arrive({ task }: Bed, timestamp: number): void {
  const [queue] = task.inputs.queues
  assert.ok(queue !== undefined)
  const { source, position, length } = queue
  const offset = position + length
  task.inputs.add({ ...source, offset, timestamp, key: null, value: null, headers: [] })
  task.inputs.reachedEnd(source, offset + 1)
}

async function process(bed: Bed, timestamp: number): Promise<void> {
  arrive(bed, timestamp)
  await bed.task.process(10)
  bed.end = bed.task.inputs.queues[0]?.position ?? 0
}

/** Where time has come; `none` for a task without a time. */
function taken({ task, watch, sourceName }: Bed): readonly (number | 'none')[] {
  return watch.take([task]).map(({ step: { timeMs, boundMs } }) => {
    return timeMs === undefined ? 'none' : Math.min(timeMs, boundMs(sourceName))
  })
}

/** A turn of the loop, `ms` later. */
async function turn(bed: Bed, ms: number): Promise<readonly (number | 'none')[]> {
  bed.nowMs += ms
  bed.watch.check([bed.task])
  await bed.watch.close()
  return taken(bed)
}

test('time goes on from when the idleness ran out, and brokers are asked once a second', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  assert.deepEqual(await turn(bed, 10), [])
  assert.deepEqual(await turn(bed, IDLE_MS - 1), [])
  assert.deepEqual(bed.asked, [])
  assert.deepEqual(await turn(bed, 31), [1030])
  assert.deepEqual(await turn(bed, 100), [])
  assert.deepEqual(await turn(bed, 900), [2030])
  assert.deepEqual(bed.asked, ['ends', 'ends'])
})

test('time goes on to the moment of the question, however late the answer is', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.nowMs += IDLE_MS + 30
  bed.watch.check([bed.task])
  bed.nowMs += 5000
  await bed.watch.close()

  assert.deepEqual(taken(bed), [1030])
})

test('a record that the client has not heard of keeps its partition from being idle', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.end++
  assert.deepEqual(await turn(bed, IDLE_MS + 2000), [])
  // Seen as active from the next look on.
  bed.end--
  assert.deepEqual(await turn(bed, 1000), [])
  assert.deepEqual(await turn(bed, IDLE_MS + 500), [1500])
})

test('a record that comes while brokers are asked counts', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.nowMs += IDLE_MS + 30
  bed.watch.check([bed.task])
  await bed.watch.close()
  arrive(bed, 900)

  assert.deepEqual(taken(bed), [])
})

test('time stands still while brokers are away, and is made up for when they are back', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.isAway = true
  assert.deepEqual(await turn(bed, IDLE_MS + 1000), [])
  assert.deepEqual(await turn(bed, 1000), [])
  bed.isAway = false
  assert.deepEqual(await turn(bed, 1000), [4000])
})

test('a task that was closed meanwhile is left alone', async () => {
  const bed = await openBed(0)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.nowMs += IDLE_MS + 30
  bed.watch.check([bed.task])
  await bed.watch.close()

  assert.deepEqual(bed.watch.take([]), [])
})

test('a task without a record has no time, but is told to be idle', async () => {
  const bed = await openBed(0)
  bed.task.inputs.reachedEnd({ topic: 'in', partition: 0 }, 0)
  await turn(bed, 0)

  assert.deepEqual(await turn(bed, IDLE_MS + 30), ['none'])
})

test('what tasks upstream have committed is fetched before the ends, and bounds the time', async () => {
  const bed = await openBed(1)
  await process(bed, 1000)
  await turn(bed, 0)
  bed.told = [1040, undefined]
  // One of them has not told anything.
  assert.deepEqual(await turn(bed, IDLE_MS + 100), [-1])
  assert.deepEqual(bed.asked, ['committed', 'ends'])
  bed.told = [1040, 1200]
  assert.deepEqual(await turn(bed, 1000), [1040])
  // -2: it has no time, and holds nothing back.
  bed.told = [1150, -2]
  assert.deepEqual(await turn(bed, 1000), [1150])
  bed.told = [90_000, 90_000]
  assert.deepEqual(await turn(bed, 1000), [4100])
})
