import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Topology } from '../topology/topology-node.ts'
import {
  externalTopics,
  hasPatterns,
  type ResolvedTopology,
  resolveTopology,
} from './resolved-topology.ts'
import { keyValue, plan, repartition } from './topology-plans.testkit.ts'

const resolve = (topology: Topology, existing: Record<string, number>): ResolvedTopology =>
  resolveTopology(topology, 'app', new Map(Object.entries(existing)))

/** Lead topic and number of tasks of each sub-topology. */
const leads = ({ subtopologies }: ResolvedTopology): (readonly [string, number])[] =>
  subtopologies.map(({ leadTopic, taskCount }) => [leadTopic, taskCount])

const sourceTopics = ({ subtopologies }: ResolvedTopology): (readonly string[])[] =>
  subtopologies.flatMap(({ sources }) => sources.map(({ topics }) => topics))

describe('lead topic', () => {
  test('the topic with the most partitions leads, and there are as many tasks', () => {
    const resolved = resolve(plan([{ sources: [['small'], ['large'], ['middle']] }]), {
      small: 1,
      large: 6,
      middle: 3,
    })
    assert.deepEqual(leads(resolved), [['large', 6]])
  })

  test('of topics with as many partitions the first by name leads, however they are listed', () => {
    const existing = { b: 4, a: 4, c: 4 }
    assert.deepEqual(leads(resolve(plan([{ sources: [['b', 'c'], ['a']] }]), existing)), [['a', 4]])
    assert.deepEqual(leads(resolve(plan([{ sources: [['c'], ['a', 'b']] }]), existing)), [['a', 4]])
  })

  test('each sub-topology has its own', () => {
    const resolved = resolve(plan([{ sources: [['a']] }, { sources: [['b'], ['c']] }]), {
      a: 2,
      b: 1,
      c: 3,
    })
    assert.deepEqual(leads(resolved), [
      ['a', 2],
      ['c', 3],
    ])
  })

  test('a repartition topic leads under the name that it has in the cluster', () => {
    const topology = plan(
      [{ sources: [['in']], writes: ['by-user'] }, { sources: [['by-user']] }],
      [repartition('by-user')],
    )
    assert.deepEqual(leads(resolve(topology, { in: 5 })), [
      ['in', 5],
      ['app-by-user', 5],
    ])
  })
})

describe('patterns', () => {
  const topology = plan([{ sources: [/clicks-.+/] }])

  test('a topic matches as a whole', () => {
    const existing = { 'clicks-': 1, 'clicks-eu': 1, 'clicks-us': 1, 'old-clicks-eu': 1 }
    assert.deepEqual(sourceTopics(resolve(topology, existing)), [['clicks-eu', 'clicks-us']])
  })

  test('every branch of an alternative is anchored', () => {
    const either = plan([{ sources: [/a|b/] }])
    assert.deepEqual(sourceTopics(resolve(either, { a: 1, b: 1, ab: 1, xb: 1 })), [['a', 'b']])
  })

  test('flags that remember a position do not skip topics', () => {
    const sticky = plan([{ sources: [/t\d/gy] }])
    assert.deepEqual(sourceTopics(resolve(sticky, { t1: 1, t2: 1, t3: 1 })), [['t1', 't2', 't3']])
  })

  test('internal topics of the cluster and of the application do not match', () => {
    const all = plan(
      [{ sources: [/.*/], stores: [keyValue('counts')], writes: ['by-user'] }],
      [repartition('by-user', 1)],
    )
    const existing = {
      __consumer_offsets: 50,
      'app-by-user': 1,
      'app-counts-changelog': 1,
      'app-source-0-lead': 1,
      'other-counts-changelog': 1,
      in: 1,
    }
    assert.deepEqual(sourceTopics(resolve(all, existing)), [['in', 'other-counts-changelog']])
  })

  test('a sub-topology with a pattern is led by an empty topic that may grow', () => {
    const resolved = resolve(topology, { 'clicks-eu': 2, 'clicks-us': 3 })
    assert.deepEqual(leads(resolved), [['app-source-0-lead', 3]])
    assert.deepEqual(resolved.internalTopics, [
      { topic: 'app-source-0-lead', partitions: 3, config: {}, canGrow: true },
    ])
  })

  test('without a match there is no task, and a lead topic of one partition to wait with', () => {
    const resolved = resolve(topology, { other: 1 })
    assert.deepEqual(leads(resolved), [['app-source-0-lead', 0]])
    assert.equal(resolved.internalTopics[0]?.partitions, 1)
  })
})

describe('internal topics', () => {
  test('a store has a changelog with a partition a task, unless its logging is off', () => {
    const counts = keyValue('counts')
    const topology = plan([{ sources: [['in']], stores: [counts, keyValue('cache', false)] }])
    assert.deepEqual(resolve(topology, { in: 4 }).internalTopics, [
      { topic: 'app-counts-changelog', partitions: 4, config: counts.topicConfig, canGrow: false },
    ])
  })

  test('repartition topics come with their count and their settings', () => {
    const topology = plan(
      [{ sources: [['in']], writes: ['by-user'] }, { sources: [['by-user']] }],
      [repartition('by-user', 7)],
    )
    const resolved = resolve(topology, { in: 2 })
    assert.deepEqual(resolved.internalTopics, [
      {
        topic: 'app-by-user',
        partitions: 7,
        config: { 'cleanup.policy': 'delete' },
        canGrow: false,
      },
    ])
    assert.deepEqual([...resolved.repartitionTopics], ['app-by-user'])
    assert.deepEqual(Object.fromEntries(resolved.partitions), { in: 2, 'app-by-user': 7 })
  })
})

test('all source topics that are missing are named', () => {
  const topology = plan([{ sources: [['a', 'b']] }, { sources: [['c'], ['d']] }])
  assert.throws(
    () => resolve(topology, { b: 1 }),
    (error) => {
      assert.ok(MillraceError.is(error, 'MR_UNKNOWN_TOPIC'))
      assert.equal(error.message, 'Topics do not exist: a, c, d')
      assert.deepEqual(error.at, { topic: 'a' })
      return true
    },
  )
})

test('external topics are those that the plan reads and does not own, each once', () => {
  const topology = plan(
    [{ sources: [['in', 'also']] }, { sources: [['by-user'], ['in'], /p.*/] }],
    [repartition('by-user')],
  )
  assert.deepEqual(externalTopics(topology), ['in', 'also'])
  assert.equal(hasPatterns(topology), true)
  assert.equal(hasPatterns(plan([{ sources: [['in']] }])), false)
})
