import { type StateBackend, inMemory, MillraceError } from '@millrace/core'
import { type TaskState, timestampedCodec } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { TestApp } from './app.testkit.ts'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { type FaultHook, type FaultPoint, withFaults } from './faults.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

const INPUTS = 4000
const FAULTS = 3

/** Rejects some calls at one point, with commits that succeed between them. */
function failSometimes(point: FaultPoint, when: 'before' | 'after', fail: () => Error): FaultHook {
  let calls = 0
  return (moment) => {
    if (moment.point !== point || moment.when !== when) return
    calls++
    if (calls % 2 === 0 && calls <= 2 * FAULTS) throw fail()
  }
}

/** An in-memory backend whose committed state can be looked at. */
class WatchedState {
  readonly tasks = new Map<string, TaskState>()
  readonly backend: StateBackend

  constructor() {
    const inner = inMemory()
    this.backend = {
      ...inner,
      open: async (request) => {
        const state = await inner.open(request)
        this.tasks.set(request.taskId, state)
        return state
      },
    }
  }

  /** What all tasks hold together, in the form of the changelog. */
  entries(store: string): Map<string, string> {
    const entries = new Map<string, string>()
    for (const task of this.tasks.values()) {
      const all = { from: undefined, to: undefined, reverse: false }
      for (const [key, stored] of task.entries(store).range(all)) {
        const value = timestampedCodec.changelogValue(stored)
        entries.set(Buffer.from(key).toString(), Buffer.from(value).toString())
      }
    }
    return entries
  }
}

describe('an aborted transaction leaves no trace', { concurrency: 2 }, () => {
  for (const [title, point, when, code] of [
    ['refused offsets', 'sendOffsets', 'before', 'MR_STALE_GENERATION'],
    ['offsets taken, then lost', 'sendOffsets', 'after', 'MR_TRANSACTION_ABORTED'],
    ['a refused commit', 'commit', 'before', 'MR_TRANSACTION_ABORTED'],
  ] as const) {
    test(`${title}: counts are exact, and the state is the changelog's`, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('a', 2), await cluster.createTopic('b', 2)],
        output: await cluster.createTopic('out', 2),
      }
      await inputs.write(topics.inputs, INPUTS)
      const topology = TOPOLOGIES.count(topics)
      const state = new WatchedState()
      const hook = failSometimes(point, when, () => new MillraceError(code, 'planned by the test'))
      const member = new TestApp(cluster, topology, {
        stores: state.backend,
        maxUncommittedBytes: 50_000,
        port: (kafka) => withFaults(kafka, hook),
      })

      const output = await CountedOutput.open(cluster, topics.output)
      await output.assertExact(inputs.written)
      assert.equal(member.app.metrics().aborts, FAULTS)
      const changelog = await readChangelog(cluster, 'counts')
      // The reader may see the last commit before the member has heard of it.
      await member.until('the last commit is applied', () =>
        isDeepStrictEqual(state.entries('counts'), changelog.latest),
      )
      await member.app.close()
      await output.assertExact(inputs.written)
    })
  }
})

test('a broker that is away in the middle of a record makes the record be done again', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 1)],
    output: await cluster.createTopic('out', 2),
  }
  let failures = 0
  let isRunning = false
  // A partitioner makes the sink ask for the partition count when the first record comes by.
  const hook: FaultHook = ({ point, when, sent }) => {
    if (point !== 'describeTopics' || when !== 'before' || !isRunning || failures > 0) return
    failures++
    throw new MillraceError('MR_BROKER_UNAVAILABLE', `planned by the test after ${sent} records`)
  }
  const member = new TestApp(cluster, TOPOLOGIES['count-partitioned'](topics), {
    port: (kafka) => withFaults(kafka, hook),
  })
  await member.untilState('running')
  isRunning = true
  await inputs.write(topics.inputs, INPUTS)

  const output = await CountedOutput.open(cluster, topics.output)
  await output.assertExact(inputs.written)
  assert.equal(failures, 1)
})
