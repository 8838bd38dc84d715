import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CollectingContext, record } from '../processor/collect.testkit.ts'
import { serdes } from '../serde/serdes.ts'
import { recordWindowStore } from '../state/record-window-store.ts'
import { waitingRecords } from '../state/waiting-records.ts'
import type { AsOfJoinOptions } from './as-of-join.ts'
import { asOfJoin } from './operators/as-of-join.ts'
import { RunnerBed, type Text } from './runner-bed.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'

type Options = AsOfJoinOptions<string, string, string, string>

const text = { key: serdes.string, value: serdes.string }
const both = (left: Text, right: Text): string => `${left}+${right}`
const RULES: Options = { tolerance: 20, grace: 5, value: serdes.string }

function bedOf(kind: 'inner' | 'left', rules: Partial<Options> = {}): RunnerBed {
  return new RunnerBed((b) => {
    const [left, right] = [b.stream('left', text), b.stream('right', text)]
    const options = { ...RULES, ...rules }
    const joined =
      kind === 'inner'
        ? left.asOfJoin(right, both, options)
        : left.asOfLeftJoin(right, both, options)
    joined.to('out')
  })
}

describe('an as-of join', () => {
  test('takes the latest record that is not later, once event time is beyond the grace', () => {
    const bed = bedOf('inner')
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    right('a', 'x', 90)
    right('b', 'other', 99)
    assert.deepEqual(left('a', '1', 100, 'header'), [])
    assert.deepEqual(right('a', 'z', 101), [])
    assert.deepEqual(right('a', 'y', 100), [])
    assert.deepEqual(left('c', '2', 105), [])
    assert.deepEqual(right('c', 'w', 106), ['a 1+y @100 header'])
  })

  test('takes none that is earlier than the tolerance', () => {
    const bed = bedOf('inner')
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    right('a', 'x', 79)
    right('b', 'y', 80)
    left('a', '1', 100)
    left('b', '2', 100)
    assert.deepEqual(left('z', '3', 200), ['b 2+y @100'])
  })

  test('takes the one that came last of several with one time', () => {
    const bed = bedOf('inner')
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    right('a', 'x', 100)
    left('a', '1', 100)
    right('a', 'y', 100)
    assert.deepEqual(left('z', '3', 200), ['a 1+y @100'])
  })

  test('gives results in the order of their times, whoever lets time pass', () => {
    const bed = bedOf('left')
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    left('a', '1', 102)
    left('b', '2', 101)
    left('b', '3', 101)
    right('b', 'x', 101)
    assert.deepEqual(right('z', 'y', 1000), ['b 2+x @101', 'b 3+x @101', 'a 1+null @102'])
  })

  test('joins a record that is later than the grace at once, and drops one that cannot be kept', () => {
    const bed = bedOf('inner')
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    right('a', 'x', 80)
    right('z', 'y', 100)
    assert.deepEqual(left('a', '1', 94), ['a 1+x @94'])
    assert.deepEqual(right('a', 'w', 500_000), [])
    assert.deepEqual(right('a', 'v', 100), [])
    assert.deepEqual(bed.dropped, ['late'])
  })

  test('that does not wait joins each record when it comes', () => {
    const bed = bedOf('left', { wait: false })
    const [left, right] = [bed.topic('left'), bed.topic('right')]
    assert.deepEqual(left('a', '1', 100), ['a 1+null @100'])
    right('a', 'x', 100)
    assert.deepEqual(left('a', '2', 100), ['a 2+x @100'])
  })

  test('drops null values and keys, but of a left join a record without a key is joined with null', () => {
    const inner = bedOf('inner')
    assert.deepEqual(inner.topic('left')(null, '1', 100), [])
    const left = bedOf('left')
    assert.deepEqual(left.topic('left')(null, '1', 100), ['null 1+null @100'])
    left.topic('left')('a', null, 100)
    left.topic('right')(null, 'x', 100)
    left.topic('right')('a', null, 100)
    assert.deepEqual(inner.dropped, ['null-key'])
    assert.deepEqual(left.dropped, ['null-value', 'null-key', 'null-value'])
  })

  test('of streams of different builders is refused', () => {
    const other = new StreamsBuilder().stream('right', text)
    const left = new StreamsBuilder().stream('left', text)
    assert.throws(() => left.asOfJoin(other, both, RULES), {
      name: 'TypeError',
      message: 'asOfJoin: the streams belong to different builders',
    })
  })

  test('has operators, stores and repartition topics that are named after it', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('left', text)
      .selectKey((_, value) => value, text)
      .asOfJoin(builder.stream('right', text), both, { ...RULES, name: 'quoted', store: 'quotes' })
      .to('out')
    const { subtopologies, repartitionTopics } = builder.build()
    const [, joined] = subtopologies
    assert.ok(joined !== undefined)
    assert.deepEqual([...repartitionTopics.keys()], ['quoted-left-repartition'])
    assert.deepEqual(joined.copartitioned, [['quoted-left-repartition', 'right']])
    assert.deepEqual(
      joined.nodes.flatMap((node) => (node.kind === 'processor' ? [[node.name, node.stores]] : [])),
      [
        ['quoted-this', ['quotes-other', 'quotes-waiting']],
        ['quoted-other', ['quotes-other', 'quotes-waiting']],
        ['quoted', ['quotes-other', 'quotes-waiting']],
      ],
    )
  })
})

test('results of an as-of join go out one by one where the downstream is asynchronous', async () => {
  const others = recordWindowStore('others', { ...text, retentionMs: 26 })
  const waiting = waitingRecords('waiting', text)
  const parts = { toleranceMs: 20, graceMs: 5, joiner: both, isLeft: true, others, waiting }
  const context = new CollectingContext<string, string>({
    stores: [others, waiting],
    isAsync: true,
  })
  const processors = asOfJoin<string, string, string, string>(parts)
  const [left, right] = [processors.left(), processors.right()]
  await left.init?.(context)
  await right.init?.(context)
  for (const ms of [100, 101, 102]) await left.process(record('a', String(ms), ms), context)
  await right.process(record('a', 'x', 200), context)

  assert.deepEqual(
    context.forwarded.map(({ value }) => value),
    ['100+null', '101+null', '102+null'],
  )
  assert.equal(context.mostInFlight, 1)
})
