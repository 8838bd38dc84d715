import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExceptionHandler } from '../../config/app-options.ts'
import { StreamsBuilder } from '../../dsl/streams-builder.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import { silentLogger } from '../../observe/logger.ts'
import type { ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { Serde } from '../../serde/serde.ts'
import { serdes } from '../../serde/serdes.ts'
import type { KeyValueStore } from '../../state/key-value-store.ts'
import { inMemory } from '../../state/memory-state-backend.ts'
import type { TaskState } from '../../state/state-backend.ts'
import { stores } from '../../state/stores.ts'
import { systemClock } from '../../time/clock.ts'
import { failOnInvalidTimestamp } from '../../time/timestamp-extractor.ts'
import { createMetrics } from '../task-metrics.ts'
import { storesOf } from './global-positions.ts'
import { GlobalStoreTask } from './global-store-task.ts'

const text = { key: serdes.string, value: serdes.string }
const picky: Serde<string> = {
  serialize: (value, topic) => serdes.string.serialize(value, topic),
  deserialize(bytes, topic) {
    const value = serdes.string.deserialize(bytes, topic)
    if (value === 'not text') throw new TypeError(value)
    return value
  },
}
const builder = stores.keyValue('rows', text)
type Rows = KeyValueStore<string, string>

interface BedOptions {
  readonly processor?: ProcessorSupplier<string, string, never, never>
  readonly handler?: ExceptionHandler
  readonly state?: TaskState
}

const keeping: ProcessorSupplier<string, string, never, never> = () => ({
  process(record, context) {
    const rows = context.getStateStore(builder)
    rows.put(record.key, record.value)
    if (record.value === 'bad') throw new Error('boom')
  },
})

function openState(): TaskState {
  const stores = storesOf([{ name: 'rows' }])
  return inMemory().open({ taskId: 'global', stores, directory: '' }) as TaskState // memory opens at once
}

async function bed(options: BedOptions = {}): Promise<GlobalStoreTask> {
  const { processor = keeping, handler = 'fail', state = openState() } = options
  const streams = new StreamsBuilder()
  streams.addGlobalStore(builder, 'topic', { ...text, value: picky, processor })
  const [globalStore] = streams.build().globalStores
  assert.ok(globalStore)
  const task = new GlobalStoreTask({
    globalStore,
    state,
    environment: {
      applicationId: 'app',
      timestampExtractor: failOnInvalidTimestamp,
      deserializationExceptionHandler: handler,
      processingExceptionHandler: handler,
      clock: systemClock,
      logger: silentLogger,
      metrics: createMetrics(),
      topicName: (name) => name,
    },
    globalStoreNamed: () => undefined,
  })
  await task.init()
  return task
}

function record(key: string, value: string | null, offset: number, partition = 0): ConsumedRecord {
  return {
    topic: 'topic',
    partition,
    offset,
    timestamp: 7,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }
}

const at = (
  offset: number,
  partition = 0,
): ReadonlyMap<number, { offset: number; topicId: string }> =>
  new Map([[partition, { offset, topicId: 'id' }]])

function rowsOf(task: GlobalStoreTask): Readonly<Record<string, string>> {
  return Object.fromEntries((task.view as Rows).all())
}

test('records of all partitions go through the processor, and positions are kept by partition', async () => {
  const task = await bed()
  await task.apply([record('a', '1', 0), record('b', '2', 1)], at(2))
  await task.apply([record('c', '3', 5, 1), record('a', null, 6, 1)], at(9, 1))

  assert.deepEqual(rowsOf(task), { b: '2', c: '3' })
  assert.deepEqual(task.position(0), { offset: 2, topicId: 'id' })
  assert.deepEqual(task.position(1), { offset: 9, topicId: 'id' })
  assert.equal(task.position(2), undefined)
})

test('a store that is opened again has its rows and positions', async () => {
  const state = openState()
  const before = await bed({ state })
  await before.apply([record('a', '1', 0)], at(1))
  await before.close()

  const after = await bed({ state })
  assert.deepEqual(rowsOf(after), { a: '1' })
  assert.deepEqual(after.position(0), { offset: 1, topicId: 'id' })
})

test('a record that cannot be processed fails its batch, and nothing of that stays', async () => {
  const task = await bed()
  const applying = task.apply([record('a', '1', 0), record('b', 'bad', 1)], at(2))

  await assert.rejects(applying, (error) => MillraceError.is(error, 'MR_PROCESSING'))
  assert.deepEqual(rowsOf(task), {})
  assert.equal(task.position(0), undefined)
})

test('one that a handler drops leaves nothing behind, and the others stay', async () => {
  const task = await bed({ handler: 'continue' })
  await task.apply([record('a', '1', 0), record('b', 'bad', 1), record('c', '3', 2)], at(3))

  assert.deepEqual(rowsOf(task), { a: '1', c: '3' })
})

test('a record that cannot be decoded fails its batch, or is dropped by a handler', async () => {
  const input = [record('a', '1', 0), record('b', 'not text', 1), record('c', '3', 2)]
  const strict = await bed()
  await assert.rejects(strict.apply(input, at(3)), (error) =>
    MillraceError.is(error, 'MR_DESERIALIZATION'),
  )
  assert.deepEqual(rowsOf(strict), {})

  const lenient = await bed({ handler: 'continue' })
  await lenient.apply(input, at(3))
  assert.deepEqual(rowsOf(lenient), { a: '1', c: '3' })
})

test('an asynchronous processor is waited for, record by record', async () => {
  const seen: string[] = []
  const task = await bed({
    processor: () => ({
      async process(one, context) {
        await Promise.resolve()
        seen.push(one.key)
        context.getStateStore(builder).put(one.key, String(seen.length))
      },
    }),
  })
  await task.apply([record('a', '1', 0), record('b', '2', 1)], at(2))

  assert.deepEqual(rowsOf(task), { a: '1', b: '2' })
})

test('to clear a store takes its rows, its positions, and what its processor remembers', async () => {
  let made = 0
  const task = await bed({
    processor: () => {
      made++
      return {
        process: (one, context) => {
          context.getStateStore(builder).put(one.key, '1')
        },
      }
    },
  })
  await task.apply([record('a', '1', 0)], at(1))
  await task.clear()

  assert.deepEqual(rowsOf(task), {})
  assert.equal(task.position(0), undefined)
  assert.equal(made, 2)
  await task.apply([record('b', '1', 0)], at(1))
  assert.deepEqual(rowsOf(task), { b: '1' })
})

test('its processor cannot schedule, and everybody else cannot write', async () => {
  const schedules: ProcessorSupplier<string, string, never, never> = () => ({
    init: (context: ProcessorContext<never, never>) => {
      context.schedule(1000, 'wall-clock-time', () => undefined)
    },
    process: () => undefined,
  })
  await assert.rejects(bed({ processor: schedules }), (error) =>
    /cannot schedule punctuations/.test(String(error instanceof Error ? error.cause : '')),
  )
  const task = await bed()
  assert.throws(() => {
    ;(task.view as Rows).put('a', '1')
  }, /written by its own processor only/)
})
