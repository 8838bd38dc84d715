import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExceptionHandler } from '../config/app-options.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import { silentLogger } from '../observe/logger.ts'
import { serdes } from '../serde/serdes.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import { plainChangelog } from '../state/plain-key-value-store.ts'
import type { RestoredRecord, StoreChangelog } from '../state/store-changelog.ts'
import {
  logAndSkipOnInvalidTimestamp,
  type TimestampExtractor,
  usePartitionTimeOnInvalidTimestamp,
  failOnInvalidTimestamp,
} from '../time/timestamp-extractor.ts'
import type { SourceChangelog, SourceNode } from '../topology/topology-node.ts'
import { SourceChangelogReader } from './source-changelog.ts'
import { SourceDecoder } from './source-decoder.ts'

interface Options {
  readonly handler?: ExceptionHandler
  readonly extractor?: TimestampExtractor
  readonly serdes?: SourceChangelog['serdes']
}

type Row = readonly [key: string | null, value: string | null, timestampMs?: number]

/** What a restore takes from a topic of JSON values, as text, with timestamps. */
async function restored(rows: readonly Row[], options: Options = {}): Promise<readonly string[]> {
  const { handler = 'fail', extractor = failOnInvalidTimestamp } = options
  const node: SourceNode = {
    kind: 'source',
    name: 'source',
    topics: ['rows'],
    keySerde: serdes.string,
    valueSerde: serdes.json(),
    timestampExtractor: extractor,
    autoOffsetReset: undefined,
    children: [],
    parents: [],
  }
  const found: RestoredRecord[] = []
  const changelog: StoreChangelog = {
    ...plainChangelog,
    restore: (records) => {
      found.push(...records)
      return { writes: [] }
    },
  }
  const reader = new SourceChangelogReader({
    source: { store: 'rows', source: 'source', topic: 'rows', serdes: options.serdes },
    changelog,
    decoder: new SourceDecoder(node, failOnInvalidTimestamp),
    handler,
    logger: silentLogger,
  })
  const state = await inMemory().open({ taskId: '0_0', stores: ['rows'], directory: '' })
  reader.restore(rows.map(recordOf), state.entries('rows'))
  return found.map(({ key, value, timestamp }) => {
    return `${text(key)}=${text(value)}@${timestamp}`
  })
}

function recordOf([key, value, timestamp = 7]: Row, offset: number): ConsumedRecord {
  return {
    topic: 'rows',
    partition: 0,
    offset,
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }
}

const text = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : Buffer.from(bytes).toString()

test('rows are restored as they are in the topic, tombstones among them; a null key is no row', async () => {
  const rows: Row[] = [
    ['a', '{"n": 1}', 5],
    ['b', null, 6],
    [null, '2'],
  ]
  assert.deepEqual(await restored(rows), ['a={"n": 1}@5', 'b=null@6'])
})

test('where the store has serdes of its own, rows are written with them', async () => {
  const own = { keySerde: serdes.string, valueSerde: serdes.json() }
  const rows: Row[] = [
    ['a', '{"n":   1}'],
    ['b', null],
  ]
  assert.deepEqual(await restored(rows, { serdes: own }), ['a={"n":1}@7', 'b=null@7'])
})

test('a record that cannot be decoded is left out when the handler says so, else the restore fails', async () => {
  const rows: Row[] = [
    ['a', '{'],
    ['b', '1'],
  ]
  assert.deepEqual(await restored(rows, { handler: 'continue' }), ['b=1@7'])
  await assert.rejects(restored(rows), { code: 'MR_DESERIALIZATION' })
})

test('rows have the time that the extractor of the source gives, and one without a time is left out', async () => {
  const fromValue: TimestampExtractor = ({ value }) => Number(value)
  assert.deepEqual(await restored([['a', '42']], { extractor: fromValue }), ['a=42@42'])
  const rows: Row[] = [
    ['a', '1', -1],
    ['b', '1', 3],
  ]
  assert.deepEqual(await restored(rows, { extractor: logAndSkipOnInvalidTimestamp }), ['b=1@3'])
})

test('the time of the partition is the highest restored so far; before the first it is 0', async () => {
  const rows: Row[] = [
    ['a', '1', -1],
    ['b', '1', 9],
    ['c', '1', 4],
    ['d', '1', -1],
  ]
  const extractor = usePartitionTimeOnInvalidTimestamp
  assert.deepEqual(await restored(rows, { extractor }), ['a=1@0', 'b=1@9', 'c=1@4', 'd=1@9'])
})
