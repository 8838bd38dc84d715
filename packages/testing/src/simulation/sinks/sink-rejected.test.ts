import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError, type RejectedRecordHandler, type SinkRuntimeOptions } from '@millrace/core'
import type { ConsumedRecord } from '@millrace/core/internal'
import { type Batch, type Control, unavailable } from './scripted-sink.testkit.ts'
import { numbers, type RunningSinkApp, SinkBed } from './sink-bed.testkit.ts'

const refusal = (): MillraceError =>
  new MillraceError('MR_SINK_REJECTED', 'the target refuses the record', {
    cause: new RangeError('value out of range'),
    at: { sqlState: '22003' },
  })

/** A target that refuses multiples of 10. */
async function rejectTens({ records }: Batch, control: Control): Promise<void> {
  for (const record of records) {
    if (Number(record.value) % 10 === 0) await control.reject(record, refusal())
  }
}

const isKept = (value: string): boolean => Number(value) % 10 !== 0

interface Rejecting extends RunningSinkApp {
  readonly bed: SinkBed
}

async function rejecting(options: SinkRuntimeOptions): Promise<Rejecting> {
  const bed = new SinkBed()
  bed.topic('in')
  bed.topic('dead')
  bed.target.keeps = ({ value }) => isKept(String(value))
  bed.target.script.write = rejectTens
  const running = await bed.started({ sinks: [{ target: bed.target, options }] })
  return { bed, ...running }
}

function headersOf({ headers }: ConsumedRecord): Record<string, string> {
  return Object.fromEntries(
    headers.map(({ key, value }) => [key, Buffer.from(value ?? '').toString()]),
  )
}

describe('a record that the target refuses', () => {
  test('is a dead letter as it was in the topic, before the position moves on', async () => {
    const { bed, app } = await rejecting({ deadLetterTopic: 'dead' })
    let deadWhenWritten: number | undefined
    bed.target.script.written = () => {
      deadWhenWritten ??= bed.read('dead').length
      return Promise.resolve()
    }
    bed.give('in', numbers(0, 15))
    await bed.until(() => bed.target.values('in').length === 13)
    assert.equal(deadWhenWritten, 2)
    assert.equal(app.metrics().sinks['out']?.rejected, 2)
    await bed.settle(app.close())

    const [first, second] = bed.read('dead')
    assert.ok(first && second)
    assert.deepEqual(
      [first, second].map(({ key, value }) => [String(key), String(value)]),
      [
        ['k', '0'],
        ['k', '10'],
      ],
    )
    const { '__streams.errors.stacktrace': stack, ...headers } = headersOf(second)
    assert.match(stack ?? '', /^RangeError: value out of range\n/)
    assert.deepEqual(headers, {
      h: '1',
      '__streams.errors.exception': 'RangeError: value out of range',
      '__streams.errors.message': 'value out of range',
      '__streams.errors.topic': 'in',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '10',
      '__millrace.errors.sink': 'app-out',
      '__millrace.errors.code': 'MR_SINK_REJECTED',
      '__millrace.errors.attempts': '1',
      '__millrace.errors.detail': '{"sqlState":"22003"}',
    })
    assert.equal(bed.committed(), 15)
  })

  test('is a dead letter again when its batch is written again', async () => {
    const { bed, app } = await rejecting({ deadLetterTopic: 'dead' })
    let failures = 2
    bed.target.script.written = () =>
      failures-- > 0 ? Promise.reject(unavailable()) : Promise.resolve()
    bed.give('in', numbers(0, 5))
    await bed.until(() => bed.committed() === 5)
    await bed.settle(app.close())
    assert.deepEqual(
      bed.read('dead').map((one) => headersOf(one)['__millrace.errors.attempts']),
      ['1', '2', '3'],
    )
    assert.deepEqual(bed.target.values('in'), ['1', '2', '3', '4'])
  })

  test('ends the app where nothing else is said, and nothing of its batch is acknowledged', async () => {
    const { bed, app } = await rejecting({})
    bed.give('in', numbers(5, 15))
    await bed.until(() => app.state === 'error')
    assert.deepEqual(bed.target.values('in'), [])
    assert.equal(bed.committed(), 0)
  })

  test('is dropped and counted where that is said', async () => {
    const { bed, app, log } = await rejecting({ onRejected: 'drop', deadLetterTopic: 'dead' })
    bed.give('in', numbers(0, 50))
    await bed.until(() => bed.committed() === 50)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values('in'), numbers(0, 50).filter(isKept))
    assert.deepEqual(bed.read('dead'), [])
    assert.equal(app.metrics().sinks['out']?.rejected, 5)
    const told = log.filter(({ message }) => message.includes('the target refuses'))
    assert.deepEqual(
      told.map(({ message }) => message),
      [1, 2, 4].map(
        (count) => `sink app-out: the target refuses the record; dropped, ${count} so far`,
      ),
    )
  })

  test('is what a function says, record by record', async () => {
    const seen: unknown[] = []
    const onRejected: RejectedRecordHandler = ({ at, code, cause }) => {
      seen.push([code, at['offset'], at['sqlState'], (cause as Error).message])
      return at['offset'] === 0 ? 'drop' : 'dead-letter'
    }
    const { bed, app } = await rejecting({ onRejected, deadLetterTopic: 'dead' })
    bed.give('in', numbers(0, 15))
    await bed.until(() => bed.committed() === 15)
    await bed.settle(app.close())
    assert.deepEqual(
      seen,
      [0, 10].map((offset) => ['MR_SINK_REJECTED', offset, '22003', 'value out of range']),
    )
    assert.deepEqual(
      bed.read('dead').map(({ value }) => String(value)),
      ['10'],
    )
  })
})

test('topics that a sink names and that do not exist are named when the app starts, all of them', async () => {
  const bed = new SinkBed()
  const { app } = bed.app({
    sinks: [
      {
        target: bed.target,
        capabilities: { tier: 'at-least-once', emitsTo: ['answers'] },
        options: { deadLetterTopic: 'dead' },
      },
    ],
  })
  await assert.rejects(
    bed.settle(app.start()),
    (error) =>
      MillraceError.is(error, 'MR_UNKNOWN_TOPIC') &&
      error.message === 'Topics do not exist: in, dead, answers',
  )
})

test('what a sink emits is in the topic before its batch is acknowledged', async () => {
  const bed = new SinkBed()
  bed.topic('in')
  bed.topic('answers')
  bed.target.script.write = async ({ records }, control) => {
    for (const { value } of records) {
      await control.emit?.({
        topic: 'answers',
        key: null,
        value: Buffer.from(`re ${String(value)}`),
      })
    }
  }
  let answersWhenWritten: number | undefined
  bed.target.script.written = () => {
    answersWhenWritten ??= bed.read('answers').length
    return Promise.resolve()
  }
  const capabilities = { tier: 'at-least-once', emitsTo: ['answers'] } as const
  bed.give('in', ['a', 'b'])
  const { app } = await bed.started({ sinks: [{ target: bed.target, capabilities }] })
  await bed.until(() => bed.committed() === 2)
  await bed.settle(app.close())
  assert.equal(answersWhenWritten, 2)
  assert.deepEqual(
    bed.read('answers').map(({ value }) => String(value)),
    ['re a', 're b'],
  )
})
