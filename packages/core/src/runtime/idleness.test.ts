import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { StreamsBuilder } from '../dsl/streams-builder.ts'
import type { Topology } from '../topology/topology-node.ts'
import { type Idleness, idlenessOf } from './idleness.ts'

const TEXT = { key: serdes.string, value: serdes.string }

function idlenessIn(build: (builder: StreamsBuilder) => void): Idleness {
  const builder = new StreamsBuilder()
  build(builder)
  const topology: Topology = builder.build()
  return idlenessOf(topology.subtopologies)
}

test('a source has the idleness that it declares, or none', () => {
  const { idleMs, writers } = idlenessIn((builder) => {
    builder.stream('a', { ...TEXT, name: 'a', watermark: { idle: '1 minute' } }).to('x')
    builder.table('b', { ...TEXT, name: 'b', store: 's', watermark: { idle: 5 } })
    builder.stream('c', { ...TEXT, name: 'c' }).to('y')
  })

  assert.deepEqual(
    idleMs,
    new Map([
      ['a', 60_000],
      ['b-source', 5],
    ]),
  )
  assert.deepEqual(writers, new Map())
})

test('a repartition topic inherits the longest idleness upstream, over several topics', () => {
  const { idleMs, writers } = idlenessIn((builder) => {
    builder
      .stream('a', { ...TEXT, name: 'a', watermark: { idle: 10 } })
      .merge(builder.stream('b', { ...TEXT, name: 'b', watermark: { idle: 30 } }))
      .repartition({ name: 'first' })
      .repartition({ name: 'second' })
      .to('x')
  })

  assert.deepEqual([...idleMs.values()], [10, 30, 30, 30])
  assert.deepEqual(
    writers,
    new Map([
      ['first-repartition', [0]],
      ['second-repartition', [1]],
    ]),
  )
})

test('a repartition topic is never idle when one source upstream is not', () => {
  const { idleMs, writers } = idlenessIn((builder) => {
    builder
      .stream('a', { ...TEXT, name: 'a', watermark: { idle: 10 } })
      .merge(builder.stream('b', { ...TEXT, name: 'b' }))
      .repartition({ name: 'first' })
      .repartition({ name: 'second' })
      .to('x')
  })

  assert.deepEqual(idleMs, new Map([['a', 10]]))
  assert.deepEqual(writers, new Map())
})

test('a sub-topology that reads what it writes inherits from its other sources', () => {
  const { idleMs, writers } = idlenessIn((builder) => {
    const stream = builder.stream('a', { ...TEXT, name: 'a', watermark: { idle: 10 } })
    stream.merge(stream.repartition({ name: 'round' })).to('x')
  })

  assert.deepEqual([...idleMs.values()], [10, 10])
  assert.deepEqual(writers, new Map([['round-repartition', [0]]]))
})
