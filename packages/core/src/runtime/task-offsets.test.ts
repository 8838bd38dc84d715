import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../observe/logger.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import { failOnInvalidTimestamp } from '../time/timestamp-extractor.ts'
import type { Subtopology } from '../topology/topology-node.ts'
import { decodeOffsetMetadata } from './offset-metadata.ts'
import { createMetrics } from './task-metrics.ts'
import { Task } from './task.ts'

/** Does something every second, and nothing with its records. */
const ticker: ProcessorSupplier<unknown, unknown, unknown, unknown> = () => ({
  init(context) {
    context.schedule('1 second', 'wall-clock-time', () => undefined)
  },
  process: () => undefined,
})

const SUBTOPOLOGY: Subtopology = {
  id: 0,
  nodes: [
    {
      kind: 'source',
      name: 'source',
      topics: ['a', 'b'],
      keySerde: serdes.string,
      valueSerde: serdes.string,
      timestampExtractor: undefined,
      autoOffsetReset: undefined,
      parents: [],
      children: ['ticker'],
    },
    {
      kind: 'processor',
      name: 'ticker',
      supplier: ticker,
      stores: [],
      parents: ['source'],
      children: [],
    },
  ],
  stores: [],
  sourceChangelogs: [],
  writesInternal: [],
  copartitioned: [],
}

async function openTask(): Promise<{ task: Task; clock: { timeMs: number; nowMs(): number } }> {
  const clock = { timeMs: 0, nowMs: (): number => clock.timeMs }
  const task = new Task({
    id: { subtopology: 0, partition: 0 },
    subtopology: SUBTOPOLOGY,
    inputs: ['a', 'b'].map((topic) => ({
      topic,
      partition: 0,
      sourceNode: 'source',
      offset: 3,
      partitionTimeMs: -1,
      operatorTimes: new Map([['kept', 5]]),
    })),
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
  return { task, clock }
}

const offsets = (task: Task, all = false): readonly string[] =>
  task.offsetsToCommit(all).map(({ topic, offset }) => `${topic}@${offset}`)

test('a task that did nothing commits nothing, and all positions in a renewal', async () => {
  const { task } = await openTask()
  assert.deepEqual(offsets(task), [])
  assert.deepEqual(offsets(task, true), ['a@3', 'b@3'])
})

test('a task commits the positions that moved', async () => {
  const { task } = await openTask()
  task.inputs.add({
    topic: 'b',
    partition: 0,
    offset: 3,
    timestamp: 7,
    key: null,
    value: null,
    headers: [],
  })
  await task.process(1)
  assert.deepEqual(offsets(task), ['b@4'])
  await task.committed(1)
  assert.deepEqual(offsets(task), [])
})

test('a task whose punctuator alone has run commits its positions, which fences it when it is lost', async () => {
  const { task, clock } = await openTask()
  clock.timeMs = 1000
  assert.equal(await task.punctuateWallClock(), true)
  assert.deepEqual(offsets(task), ['a@3', 'b@3'])
  await task.committed(1)
  assert.deepEqual(offsets(task), [])
})

test('times of operators go with the offsets of all inputs when they change, and come back after an abort', async () => {
  const { task, clock } = await openTask()
  const times = (): unknown[] =>
    task.offsetsToCommit(false).map(({ topic, metadata }) => {
      const { processorTimes } = decodeOffsetMetadata(metadata)
      return [topic, ...processorTimes]
    })
  clock.timeMs = 1000
  await task.punctuateWallClock()
  assert.equal(task.operatorTimes.time('kept').ms, 5)
  task.operatorTimes.time('new').ms = 6
  const committed = [['kept', 5] as const, ['new', 6] as const]
  assert.deepEqual(times(), [
    ['a', ...committed],
    ['b', ...committed],
  ])
  await task.committed(1)
  assert.deepEqual(times(), [])

  task.operatorTimes.time('new').ms = 7
  await task.rollback()

  assert.equal(task.operatorTimes.time('new').ms, 6)
  assert.deepEqual(times(), [])
})
