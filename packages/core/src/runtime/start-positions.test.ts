import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin, OffsetSpec } from '../kafka/admin.ts'
import type { CommittedOffset } from '../kafka/group-consumer.ts'
import { type LogFields, silentLogger } from '../observe/logger.ts'
import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import { encodeOffsetMetadata } from './offset-metadata.ts'
import { startPositions } from './start-positions.ts'
import type { TaskInput } from './task-inputs.ts'

/** Logs of all partitions: records 10 to 19 are there. */
const admin: Pick<KafkaAdmin, 'listOffsets'> = {
  listOffsets: (partitions, spec: OffsetSpec) =>
    Promise.resolve(partitions.map((one) => ({ ...one, offset: offsetOf(spec) }))),
}

/** One record a second, the first at second 10. */
function offsetOf(spec: OffsetSpec): number {
  if (typeof spec === 'object') {
    return Math.min(Math.max(Math.ceil(spec.fromTimestampMs / 1000), 10), 20)
  }
  return spec === 'start' ? 10 : 20
}

interface Found {
  readonly position: TaskInput
  readonly warnings: readonly [string, LogFields | undefined][]
}

async function find(
  reset: AutoOffsetReset,
  committed: number | undefined,
  metadata = '',
): Promise<Found> {
  const warnings: [string, LogFields | undefined][] = []
  const warn = (message: string, fields?: LogFields): void => {
    warnings.push([message, fields])
  }
  const offsets: CommittedOffset[] = [{ topic: 'in', partition: 1, offset: committed, metadata }]
  const [position] = await startPositions(
    [{ topic: 'in', partition: 1, sourceNode: 'source', reset, idleMs: 9 }],
    offsets,
    { admin, clock: { nowMs: () => 20_000 }, logger: { ...silentLogger, warn } },
  )
  assert.ok(position !== undefined)
  return { position, warnings }
}

const TIME_7 = encodeOffsetMetadata({ partitionTimeMs: 7, processorTimes: new Map([['kept', 5]]) })

for (const committed of [10, 15, 20]) {
  test(`the committed offset ${committed} is gone on from, with its partition time`, async () => {
    const { position, warnings } = await find('none', committed, TIME_7)
    assert.deepEqual(position, {
      topic: 'in',
      partition: 1,
      sourceNode: 'source',
      offset: committed,
      committedOffset: committed,
      partitionTimeMs: 7,
      operatorTimes: new Map([['kept', 5]]),
      idleMs: 9,
    })
    assert.deepEqual(warnings, [])
  })
}

for (const [reset, offset] of [
  ['earliest', 10],
  ['latest', 20],
] as const) {
  test(`without a committed offset ${reset} begins at ${offset}, and its time is unknown`, async () => {
    const { position, warnings } = await find(reset, undefined)
    assert.equal(position.offset, offset)
    assert.equal(position.committedOffset, undefined)
    assert.equal(position.partitionTimeMs, -1)
    assert.deepEqual(position.operatorTimes, new Map())
    assert.deepEqual(warnings, [])
  })

  for (const committed of [9, 21]) {
    test(`the offset ${committed}, which is not in the log, is reset to ${reset}, and that is told`, async () => {
      const { position, warnings } = await find(reset, committed, TIME_7)
      assert.equal(position.offset, offset)
      assert.equal(position.committedOffset, undefined)
      assert.equal(position.partitionTimeMs, -1)
      assert.deepEqual(warnings, [
        [
          'the committed offset is not in the log; records may be missed',
          { topic: 'in', partition: 1, start: 10, end: 20, committed, offset },
        ],
      ])
    })
  }
}

test("'none' without a committed offset is an error", async () => {
  await assert.rejects(find('none', undefined), (error) => {
    assert.ok(MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE'))
    assert.equal(error.message, 'The group has no committed offset for in-1')
    assert.deepEqual(error.at, { topic: 'in', partition: 1, start: 10, end: 20 })
    return true
  })
})

test("'none' with an offset that is not in the log is an error", async () => {
  await assert.rejects(find('none', 21), {
    code: 'MR_OFFSET_OUT_OF_RANGE',
    message: 'The committed offset 21 of in-1 is not in the log',
  })
})

for (const [why, byDuration, offset] of [
  ['at the first record that is not older', '4500 ms', 16],
  ['at the first one there is, when all are younger', '1 hour', 10],
  ['at the end, when all are older', 0, 20],
] as const) {
  test(`without a committed offset a reset by duration begins ${why}`, async () => {
    const { position, warnings } = await find({ byDuration }, undefined)
    assert.equal(position.offset, offset)
    assert.equal(position.committedOffset, undefined)
    assert.deepEqual(warnings, [])
  })
}

test('a reset by duration leaves a committed offset as it is', async () => {
  const { position } = await find({ byDuration: '1 second' }, 12, TIME_7)
  assert.equal(position.offset, 12)
})
