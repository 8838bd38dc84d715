import type { SinkBatch, SinkRecord, SinkWriter } from '@millrace/core'
import { MillraceError, silentLogger, systemClock } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SeededRandom } from '../contract/seeded-random.ts'
import { memorySink, type MemorySink, type MemorySinkOptions } from './memory-sink.ts'
import { type MemorySinkCall, seededSinkFaults } from './memory-sink-faults.ts'
import { MemoryTarget } from './memory-target.ts'

type Sink = MemorySink<string | null, number>

const NEVER = new AbortController().signal
const PLACE = { topic: 'in', partition: 0 }

function record(
  offset: number,
  value: number | null = offset,
  key: string | null = 'k',
): SinkRecord<string | null, number> {
  // A tombstone has a null value, whatever the type says.
  return { ...PLACE, offset, index: 0, timestampMs: 0, key, value: value as number, headers: [] }
}

function batch(
  from: number,
  to: number,
  records: readonly SinkRecord<string | null, number>[],
): SinkBatch<string | null, number> {
  return { ...PLACE, from, to, firstOffset: from, lastOffset: to - 1, records }
}

async function open(options: MemorySinkOptions<string | null, number> = {}): Promise<Sink> {
  const sink = memorySink(options)
  await sink.open({
    sinkId: 'app-out',
    owner: 'me',
    logger: silentLogger,
    scheduler: systemClock,
    random: () => 0,
  })
  return sink
}

function claim(sink: Sink): Promise<SinkWriter<string | null, number>> {
  return sink.claim({ ...PLACE, initialOffset: 0, signal: NEVER })
}

function write(
  writer: SinkWriter<string | null, number>,
  what: SinkBatch<string | null, number>,
): Promise<void> {
  return writer.write(what, { signal: NEVER, reject: () => Promise.resolve() })
}

const valuesOf = (records: readonly SinkRecord<string | null, number>[]): readonly number[] =>
  records.map(({ value }) => value)

describe('memorySink', () => {
  test('a target that keeps each record has them in order, and its position', async () => {
    const sink = await open()
    const writer = await claim(sink)
    await write(writer, batch(0, 2, [record(0), record(1)]))
    await write(writer, batch(2, 9, [record(5)]))
    assert.deepEqual(valuesOf(sink.target.records), [0, 1, 5])
    assert.equal(sink.target.effects.length, 3)
    const position = sink.target.position({ sinkId: 'app-out', ...PLACE })
    assert.deepEqual(position, { epoch: 1, next: 9 })
  })

  test('a target that keeps the last record of a key takes tombstones for deletions', async () => {
    const target = new MemoryTarget<string | null, number>({ keeps: 'last-per-key' })
    const writer = await claim(await open({ target }))
    const records = [
      record(0, 1, 'a'),
      record(1, 2, 'b'),
      record(2, 3, 'a'),
      record(3, null, 'b'),
      record(4, 5, null),
      record(5, 6, null),
    ]
    await write(writer, batch(0, 6, records))
    assert.deepEqual(valuesOf(target.records), [3, 5, 6])
    assert.equal(target.effects.length, 6)
  })

  test('a record that the target refuses is rejected with what it says', async () => {
    const refuses = ({ value }: { value: number }): string | undefined =>
      value === 7 ? 'no sevens' : undefined
    const writer = await claim(await open({ target: new MemoryTarget({ refuses }) }))
    const errors: MillraceError[] = []
    await writer.write(batch(0, 8, [record(6), record(7)]), {
      signal: NEVER,
      reject: (_, error) => {
        errors.push(error)
        return Promise.resolve()
      },
    })
    assert.deepEqual(
      errors.map(({ code, message, at }) => ({ code, message, at })),
      [
        {
          code: 'MR_SINK_REJECTED',
          message: 'The target refuses the record at in-0, offset 7',
          at: { topic: 'in', partition: 0, offset: 7 },
        },
      ],
    )
    assert.equal((errors[0]?.cause as Error).message, 'no sevens')
  })

  test('a target that is cleared has forgotten its positions as well', async () => {
    const sink = await open()
    await write(await claim(sink), batch(0, 1, [record(0)]))
    sink.target.clear()
    assert.deepEqual(sink.target.records, [])
    assert.equal((await claim(sink)).position, 0)
  })

  test('a batch that does not begin at the position is counted, a zombie’s is not', async () => {
    const sink = await open()
    const zombie = await claim(sink)
    const writer = await claim(sink)
    await assert.rejects(write(zombie, batch(0, 1, [record(0)])), { code: 'MR_SINK_FENCED' })
    assert.equal(sink.target.misplacedBatches, 0)
    await assert.rejects(write(writer, batch(3, 4, [record(3)])), { code: 'MR_SINK_FENCED' })
    assert.equal(sink.target.misplacedBatches, 1)
  })

  test('a transaction that is open for too long makes way, and is tried again', async () => {
    const target = new MemoryTarget<string | null, number>({ transactionTimeoutMs: 20 })
    let goOn: () => void = () => undefined
    const until = new Promise<void>((resolve) => (goOn = resolve))
    let isFirst = true
    const faults = ({ step, operation }: MemorySinkCall): { until: Promise<void> } | undefined => {
      if (operation !== 'write' || step !== 'before-commit' || !isFirst) return undefined
      isFirst = false
      return { until }
    }
    const slow = await claim(await open({ target, faults }))
    const outcome = write(slow, batch(0, 1, [record(0)])).then(
      () => 'written',
      (error: unknown) => (MillraceError.is(error) ? error.code : error),
    )
    const successor = await claim(await open({ target }))
    goOn()
    assert.equal(await outcome, 'MR_SINK_FENCED')
    await write(successor, batch(0, 1, [record(0)]))
    assert.deepEqual(valuesOf(target.records), [0])
  })

  test('a claim of a sink that was not opened says so', async () => {
    await assert.rejects(claim(memorySink()), { code: 'MR_SINK_FAILED', hint: 'Open it first.' })
  })
})

describe('seededSinkFaults', () => {
  const call: MemorySinkCall = {
    operation: 'write',
    step: 'before-commit',
    owner: 'me',
    topic: 'in',
    partition: 0,
    records: [],
  }
  const randomOf = (seed: number): (() => number) => {
    const random = new SeededRandom(seed)
    return () => random.below(1 << 30) / (1 << 30)
  }

  test('one seed makes the same faults, another one others', () => {
    const draw = (seed: number): unknown => {
      const faults = seededSinkFaults({ random: randomOf(seed), cut: 0.2 })
      return Array.from({ length: 200 }, () => faults(call))
    }
    assert.deepEqual(draw(1), draw(1))
    assert.notDeepEqual(draw(1), draw(2))
  })

  test('shares and times are as asked for', () => {
    const options = { cut: 0.25, slow: 0.5, slowMs: 1000, latencyMs: 1 }
    const faults = seededSinkFaults({ random: randomOf(3), ...options })
    const drawn = Array.from({ length: 4000 }, () => faults(call))
    const cut = drawn.filter((fault) => fault?.isCut === true).length
    assert.ok(cut > 850 && cut < 1150, `${cut} of 4000 cut`)
    const slow = drawn.filter((fault) => (fault?.delayMs ?? 0) > 1).length
    assert.ok(slow > 1850 && slow < 2150, `${slow} of 4000 slow`)
    assert.ok(drawn.every((fault) => (fault?.delayMs ?? 0) <= 1000))
  })

  test('a batch that is tried again until it is written has its effect once, whatever the faults', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const faults = seededSinkFaults({ random: randomOf(seed), cut: 0.3, slow: 0, latencyMs: 0 })
      const target = new MemoryTarget<string | null, number>()
      const again = async <T>(doing: () => Promise<T>): Promise<T> => {
        for (;;) {
          try {
            return await doing()
          } catch (error) {
            if (!MillraceError.is(error) || error.action !== 'retry') throw error
          }
        }
      }
      const opened = await again(() => open({ target, faults }))
      const writer = await again(() => claim(opened))
      for (let offset = 0; offset < 20; offset++) {
        await again(() => write(writer, batch(offset, offset + 1, [record(offset)])))
      }
      assert.deepEqual(
        valuesOf(target.records),
        Array.from({ length: 20 }, (_, offset) => offset),
        `seed ${seed}`,
      )
    }
  })
})
