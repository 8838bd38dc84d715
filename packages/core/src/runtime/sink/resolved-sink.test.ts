import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAppConfig } from '../../config/app-config.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { StreamsBuilder } from '../../dsl/streams-builder.ts'
import { serdes } from '../../serde/serdes.ts'
import type { Sink } from '../../sink/sink.ts'
import type { Topology } from '../../topology/topology-node.ts'
import { resolveSinks, topicsNamedBySinks } from './resolved-sink.ts'

const text = { key: serdes.string, value: serdes.string }
const config = resolveAppConfig({
  applicationId: 'app',
  brokers: 'localhost:9092',
  autoOffsetReset: 'latest',
})

const nowhere: Sink<string, string> = {
  kind: 'nowhere',
  capabilities: { tier: 'at-least-once', emitsTo: ['answers'] },
  open: () => Promise.resolve(),
  claim: () => Promise.reject(new Error('never')),
  close: () => Promise.resolve(),
}

function topologyOf(build: (builder: StreamsBuilder) => void): Topology {
  const builder = new StreamsBuilder()
  build(builder)
  return builder.build()
}

test('a direct sink reads its topics from where the source, or the app, says', () => {
  const topology = topologyOf((builder) => {
    builder
      .stream('a', { ...text, autoOffsetReset: 'earliest' })
      .merge(builder.stream('b', text))
      .toSink(nowhere, { name: 'out' })
  })
  const [sink] = resolveSinks(topology, config)
  assert.deepEqual(
    [sink?.sinkId, sink?.topics.toSorted(), sink?.resetOf('a'), sink?.resetOf('b')],
    ['app-out', ['a', 'b'], 'earliest', 'latest'],
  )
  assert.deepEqual([...(sink?.purgeable ?? [])], [])
})

test('an internal topic is read from its beginning, and is the sink’s to purge', () => {
  const topology = topologyOf((builder) => {
    builder.stream('a', text).toSink(nowhere, { name: 'out', through: 'internal-topic' })
  })
  const [sink] = resolveSinks(topology, config)
  assert.deepEqual(
    [sink?.topics, sink?.resetOf('app-out-sink'), [...(sink?.purgeable ?? [])]],
    [['app-out-sink'], 'earliest', ['app-out-sink']],
  )
})

test('topics that sinks name and do not own must exist', () => {
  const topology = topologyOf((builder) => {
    const stream = builder.stream('a', text)
    stream.toSink(nowhere, { name: 'direct', deadLetterTopic: 'dead' })
    stream.toSink(nowhere, { name: 'internal', through: 'internal-topic' })
  })
  assert.deepEqual(topicsNamedBySinks(topology).toSorted(), ['a', 'answers', 'dead'])
})

test('the problems of all sinks are told at once', () => {
  const topology = topologyOf((builder) => {
    const stream = builder.stream('a', text)
    stream.toSink(nowhere, { name: 'one', batch: { maxRecords: 0 } })
    stream.toSink(nowhere, { name: 'two', onRejected: 'dead-letter', bufferMaxBytes: 0 })
  })
  assert.throws(
    () => resolveSinks(topology, config),
    (error) => {
      assert.ok(MillraceError.is(error, 'MR_CONFIG'))
      assert.equal(
        error.message,
        'Invalid options of sink one: batch.maxRecords must be a whole number > 0; ' +
          "Invalid options of sink two: onRejected 'dead-letter' needs a deadLetterTopic; bufferMaxBytes must be > 0",
      )
      return true
    },
  )
})
