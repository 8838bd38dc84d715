import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionForKey } from '../base/murmur2.ts'
import type { Serde } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import { windowedPartitioner } from './windowed-partitioner.ts'

const PARTITIONS = 7
const KEYS = ['', 'a', 'b', 'key', 'another key']
const { string, long } = serdes

for (const [kind, serde] of [
  ['time windows', serdes.timeWindowed(string, 10)],
  ['sessions', serdes.sessionWindowed(string)],
  ['sessions (or null)', serdes.nullable(serdes.sessionWindowed(string))],
] as const) {
  test(`all ${kind} of a key are in the partition of the key`, () => {
    const partitioner = windowedPartitioner(serde)
    for (const key of KEYS) {
      const partition = partitionForKey(string.serialize(key, 't'), PARTITIONS)
      for (const startMs of [0, 10, 1_700_000_000_000]) {
        const windowed = { key, window: { startMs, endMs: startMs + 10 } }
        assert.equal(partitioner?.(windowed, 'v', PARTITIONS, 't'), partition)
      }
    }
  })
}

test('a windowed null key is left to the producer', () => {
  const partitioner = windowedPartitioner(serdes.sessionWindowed(string))
  assert.equal(partitioner?.(null, 'v', PARTITIONS, 't'), undefined)
})

test('the serde of the key is told the topic', () => {
  const topics: string[] = []
  const inner: Serde<string> = {
    ...string,
    serialize(key, topic) {
      topics.push(topic)
      return string.serialize(key, topic)
    },
  }
  const windowed = { key: 'k', window: { startMs: 0, endMs: 10 } }
  windowedPartitioner(serdes.timeWindowed(inner, 10))?.(windowed, 'v', PARTITIONS, 'out')
  assert.deepEqual(topics, ['out'])
})

test('keys without windows have the default', () => {
  for (const serde of [string, long, serdes.nullable(string)]) {
    assert.equal(windowedPartitioner(serde), undefined)
  }
})
