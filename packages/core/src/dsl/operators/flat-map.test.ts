import assert from 'node:assert/strict'
import { test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { flatMap } from './flat-map.ts'
import { flatMapValues } from './flat-map-values.ts'

const words = flatMapValues<string, string, string>((value) => value.split(' '))
const pairs = flatMap((key: string, value: string) =>
  value.split(' ').map((word): [string, string] => [word, key]),
)

test('flatMapValues gives one record a value, in order, under the same key', async () => {
  const { context } = await runProcessor(words, [record('a', 'x y', 5), record('b', 'z', 6)])

  assert.deepEqual(context.forwarded, [
    record('a', 'x', 5),
    record('a', 'y', 5),
    record('b', 'z', 6),
  ])
})

test('flatMapValues gives nothing for no values', async () => {
  const { context } = await runProcessor(
    flatMapValues(() => []),
    [record('a', 'x')],
  )

  assert.deepEqual(context.forwarded, [])
})

test('flatMap gives one record a pair, in order', async () => {
  const { context } = await runProcessor(pairs, [record('a', 'x y', 5)])

  assert.deepEqual(context.forwarded, [record('x', 'a', 5), record('y', 'a', 5)])
})

test('flatMap forwards the next record only when the one before is done', async () => {
  for (const operator of [words, pairs]) {
    const { context } = await runProcessor(operator, [record('a', 'x y z')], { isAsync: true })

    assert.equal(context.forwarded.length, 3)
    assert.equal(context.mostInFlight, 1)
  }
})
