import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamsBuilder } from '../dsl/streams-builder.ts'
import { serdes } from '../serde/serdes.ts'
import type { Subtopology } from '../topology/topology-node.ts'
import { TIMELESS } from './node-times.ts'
import { OperatorTimes } from './operator-times.ts'
import { TaskTime, toldTimeMs } from './task-time.ts'

const TEXT = { key: serdes.string, value: serdes.string }

function subtopology(): Subtopology {
  const builder = new StreamsBuilder()
  const a = builder.stream('topic-a', { ...TEXT, name: 'a' })
  a.merge(builder.stream('topic-b', { ...TEXT, name: 'b' })).to('out')
  const [first] = builder.build().subtopologies
  assert.ok(first !== undefined)
  return first
}

const anywhere = (): number => Infinity

test('stream time begins with the largest time that was committed', () => {
  const committed = new Map([['idle:topic-b', 70]])
  const time = new TaskTime(new OperatorTimes([committed]), subtopology(), [10, 30])

  assert.equal(time.streamTimeMs, 70)
  assert.equal(time.idleTimeMs, 70)
  assert.equal(time.idleTimeOf('a'), -1)
  assert.equal(time.idleTimeOf('b'), 70)
})

test('each source goes on as far as upstream lets it, and none goes back', () => {
  const times = new OperatorTimes([])
  const time = new TaskTime(times, subtopology(), [])
  const bound = (source: string): number => (source === 'a' ? 40 : -1)

  assert.equal(time.goOnTo(50, bound), true)
  assert.deepEqual([time.idleTimeOf('a'), time.idleTimeOf('b')], [40, -1])
  assert.equal(time.streamTimeMs, 40)
  assert.equal(time.goOnTo(60, bound), false)
  assert.equal(time.goOnTo(60, anywhere), true)
  assert.equal(time.goOnTo(55, anywhere), false)
  assert.equal(time.streamTimeMs, 60)
  assert.deepEqual(
    times.entries(),
    new Map([
      ['idle:topic-a', 60],
      ['idle:topic-b', 60],
    ]),
  )
})

test('an abort brings stream time back to the last commit', () => {
  const times = new OperatorTimes([])
  const time = new TaskTime(times, subtopology(), [])
  time.observe(5)
  time.goOnTo(50, anywhere)
  time.committed()
  times.committed()
  time.goOnTo(90, anywhere)
  time.rollback()
  times.rollback()

  assert.equal(time.streamTimeMs, 50)
  assert.equal(time.idleTimeMs, 50)
})

test('what is told grows; that there is no time is corrected by the first record', () => {
  const times = new OperatorTimes([])
  const time = new TaskTime(times, subtopology(), [])
  const told = (): number => toldTimeMs('t', [times.entries()])

  assert.equal(told(), -1)
  assert.equal(time.tell('t', -1), false)
  assert.equal(time.tell('t', TIMELESS), true)
  assert.equal(time.tell('t', TIMELESS), false)
  assert.equal(told(), Infinity)
  time.correctTold()
  assert.equal(told(), Infinity)
  time.observe(7)
  time.correctTold()
  assert.equal(told(), 0)
  assert.equal(time.tell('t', 20), true)
  assert.equal(time.tell('t', 10), false)
  assert.equal(told(), 20)
})

test('readers wait for the earliest of their writers, but not for one that has no time', () => {
  const told = (ms: number): ReadonlyMap<string, number> => new Map([['told:t', ms]])

  assert.equal(toldTimeMs('t', [told(30), told(20), told(TIMELESS)]), 20)
  assert.equal(toldTimeMs('t', [told(TIMELESS)]), Infinity)
  assert.equal(toldTimeMs('t', [told(30), new Map()]), -1)
  assert.equal(toldTimeMs('t', []), Infinity)
})
