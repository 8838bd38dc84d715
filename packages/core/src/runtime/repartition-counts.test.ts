import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { RepartitionTopic } from '../topology/topology-node.ts'
import { resolveTopology } from './resolved-topology.ts'
import { type PartOfPlan, plan, repartition } from './topology-plans.testkit.ts'

/** Partition counts of all source topics of this plan, in this cluster. */
function counts(
  parts: readonly PartOfPlan[],
  topics: readonly RepartitionTopic[],
  existing: Record<string, number>,
): Record<string, number> {
  const cluster = new Map(Object.entries(existing))
  return Object.fromEntries(resolveTopology(plan(parts, topics), 'app', cluster).partitions)
}

function assertRefused(run: () => unknown, message: string, hint: string): void {
  assert.throws(run, (error) => {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    assert.equal(error.message, message)
    assert.equal(error.hint, hint)
    return true
  })
}

describe('count of a repartition topic', () => {
  test('the one that the user gave', () => {
    const parts = [{ sources: [['in']], writes: ['r'] }, { sources: [['r']] }]
    assert.deepEqual(counts(parts, [repartition('r', 9)], { in: 4 }), { in: 4, 'app-r': 9 })
  })

  test('the largest of the topics that flow into it', () => {
    const parts = [
      { sources: [['a', 'b']], writes: ['r'] },
      { sources: [['c']], writes: ['r'] },
      { sources: [['r']] },
    ]
    const found = counts(parts, [repartition('r')], { a: 1, b: 3, c: 2 })
    assert.equal(found['app-r'], 3)
  })

  test('a chain of repartition topics hands it on, in whatever order they are listed', () => {
    const parts = [
      { sources: [['second']], writes: ['third'] },
      { sources: [['first']], writes: ['second'] },
      { sources: [['in']], writes: ['first'] },
      { sources: [['third']] },
    ]
    const topics = ['third', 'second', 'first'].map((name) => repartition(name))
    assert.deepEqual(counts(parts, topics, { in: 6 }), {
      in: 6,
      'app-first': 6,
      'app-second': 6,
      'app-third': 6,
    })
  })

  test('two that flow into the source of each other begin with what is known, and are each cut like their table', () => {
    // A foreign-key join: the left side asks, the right one answers.
    const parts = [
      { sources: [['left'], ['answers']], writes: ['asks'], copartitioned: [['left', 'answers']] },
      { sources: [['right'], ['asks']], writes: ['answers'], copartitioned: [['right', 'asks']] },
    ]
    const topics = [repartition('asks'), repartition('answers')]
    assert.deepEqual(counts(parts, topics, { left: 3, right: 5 }), {
      left: 3,
      right: 5,
      'app-asks': 5,
      'app-answers': 3,
    })
  })

  test('a count in the middle of a chain holds from there on', () => {
    const parts = [
      { sources: [['in']], writes: ['first'] },
      { sources: [['first']], writes: ['second'] },
      { sources: [['second']] },
    ]
    const topics = [repartition('first', 2), repartition('second')]
    assert.deepEqual(counts(parts, topics, { in: 6 }), { in: 6, 'app-first': 2, 'app-second': 2 })
  })

  test('what the topic has in the cluster from an earlier start does not count', () => {
    const parts = [{ sources: [['in']], writes: ['r'] }, { sources: [['r']] }]
    assert.deepEqual(counts(parts, [repartition('r')], { in: 4, 'app-r': 2 }), {
      in: 4,
      'app-r': 4,
    })
  })

  test('in a circle all have the largest count that flows into it', () => {
    const parts = [
      { sources: [['in'], ['b']], writes: ['a'] },
      { sources: [['a'], ['other']], writes: ['b'] },
    ]
    const found = counts(parts, [repartition('a'), repartition('b')], { in: 2, other: 5 })
    assert.deepEqual(found, { in: 2, other: 5, 'app-a': 5, 'app-b': 5 })
  })

  test('a sub-topology that reads what it writes has the count of what else it reads', () => {
    const parts = [{ sources: [['in'], ['r']], writes: ['r'] }]
    assert.deepEqual(counts(parts, [repartition('r')], { in: 4 }), { in: 4, 'app-r': 4 })
  })

  test('a circle without a count is refused with the names of its topics', () => {
    const parts = [
      { sources: [['a']], writes: ['b'] },
      { sources: [['b']], writes: ['a'] },
    ]
    assertRefused(
      () => counts(parts, [repartition('a'), repartition('b')], {}),
      'Cannot tell the partition counts of a, b',
      'Give one of them a count: repartition({ partitions }).',
    )
  })
})

describe('topics of a join', () => {
  test('equal counts stay', () => {
    const parts = [{ sources: [['a'], ['b']], copartitioned: [['a', 'b']] }]
    assert.deepEqual(counts(parts, [], { a: 3, b: 3 }), { a: 3, b: 3 })
  })

  test('different counts are refused with all of them', () => {
    const parts = [{ sources: [['a'], ['b'], ['c']], copartitioned: [['a', 'b', 'c']] }]
    assertRefused(
      () => counts(parts, [], { a: 3, b: 2, c: 3 }),
      'Topics must have equal partition counts: a has 3, b has 2, c has 3',
      'Repartition one of the inputs with repartition({ partitions }).',
    )
  })

  const withRepartition: readonly PartOfPlan[] = [
    { sources: [['in']], writes: ['r'] },
    { sources: [['other'], ['r']], copartitioned: [['other', 'r']] },
  ]

  test('a repartition topic without a count takes that of the other side, be it less', () => {
    const found = counts(withRepartition, [repartition('r')], { in: 8, other: 3 })
    assert.equal(found['app-r'], 3)
  })

  test('a count that the user gave a repartition topic must fit', () => {
    assertRefused(
      () => counts(withRepartition, [repartition('r', 8)], { in: 8, other: 3 }),
      'Topics must have equal partition counts: other has 3, app-r has 8',
      'Repartition one of the inputs with repartition({ partitions }).',
    )
  })

  test('two repartition topics without a count take the larger', () => {
    const parts: readonly PartOfPlan[] = [
      { sources: [['a']], writes: ['ra'] },
      { sources: [['b']], writes: ['rb'] },
      { sources: [['ra'], ['rb']], copartitioned: [['ra', 'rb']] },
    ]
    const found = counts(parts, [repartition('ra'), repartition('rb')], { a: 2, b: 5 })
    assert.deepEqual(found, { a: 2, b: 5, 'app-ra': 5, 'app-rb': 5 })
  })

  test('joins that have a topic in common are equal with each other', () => {
    const parts: readonly PartOfPlan[] = [
      { sources: [['a']], writes: ['ra'] },
      { sources: [['b']], writes: ['rb'] },
      {
        sources: [['ra'], ['rb'], ['other']],
        copartitioned: [
          ['ra', 'rb'],
          ['rb', 'other'],
        ],
      },
    ]
    const topics = [repartition('ra'), repartition('rb')]
    const found = counts(parts, topics, { a: 8, b: 5, other: 3 })
    assert.deepEqual(found, { a: 8, b: 5, other: 3, 'app-ra': 3, 'app-rb': 3 })
  })

  test('the topics of a pattern are all held to the count', () => {
    const parts = [{ sources: [/t-.+/, ['b']], copartitioned: [['source-0', 'b']] }]
    assert.deepEqual(counts(parts, [], { 't-1': 2, 't-2': 2, b: 2 }), { 't-1': 2, 't-2': 2, b: 2 })
    assertRefused(
      () => counts(parts, [], { 't-1': 2, 't-2': 4, b: 2 }),
      'Topics must have equal partition counts: t-1 has 2, t-2 has 4, b has 2',
      'Repartition one of the inputs with repartition({ partitions }).',
    )
  })

  test('what follows takes the counts from before the join made them equal, as Kafka Streams does', () => {
    const parts: readonly PartOfPlan[] = [
      { sources: [['in']], writes: ['r'] },
      { sources: [['other'], ['r']], copartitioned: [['other', 'r']], writes: ['after'] },
      { sources: [['after']] },
    ]
    const topics = [repartition('r'), repartition('after')]
    const found = counts(parts, topics, { in: 8, other: 3 })
    assert.deepEqual(found, { in: 8, other: 3, 'app-r': 3, 'app-after': 8 })
  })
})
