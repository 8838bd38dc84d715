import { MillraceError, type StateBackend } from '@millrace/core'
import { rocksdb } from '@millrace/state-rocksdb'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { temporaryDirectory } from './state.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

/** Commits that go well before one fails. */
const APPLIES = 20

/** RocksDB, until one write of entries is refused. */
function failingOnce(error: () => MillraceError): StateBackend {
  const backend = rocksdb()
  let applies = 0
  return {
    ...backend,
    async open(request) {
      const state = await backend.open(request)
      const apply = state.apply.bind(state)
      state.apply = (batches, positions) => {
        if (batches.length > 0 && ++applies === APPLIES) throw error()
        return apply(batches, positions)
      }
      return state
    },
  }
}

describe('a write of state that fails after the commit', { concurrency: true }, () => {
  for (const code of ['MR_STATE_DISK_FULL', 'MR_STATE_CORRUPT'] as const) {
    test(`${code}: the state is opened anew, and nothing is lost`, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 2)],
        output: await cluster.createTopic('out', 2),
      }
      const output = await CountedOutput.open(cluster, topics.output)
      const { app, log, ended } = new TestApp(cluster, TOPOLOGIES.count(topics), {
        stateDir: await temporaryDirectory(cluster),
        stores: failingOnce(
          () => new MillraceError(code, 'it was refused', { at: { taskId: '0_0' } }),
        ),
      })
      const writing = inputs.writeSteadily(topics.inputs, 20)
      await output.untilLength(5000)
      await writing.stop()
      await output.assertExact(inputs.written)
      await app.close()
      assert.equal(await ended, undefined)
      await output.assertExact(inputs.written)

      const told = log.filter((line) => line.includes('it was refused'))
      assert.equal(told.length, 1, told.join('\n'))
      const discarded = log.filter((line) => line.includes('the state of task 0_0 is corrupt'))
      assert.equal(discarded.length, code === 'MR_STATE_CORRUPT' ? 1 : 0)
      const { commits, recordsRestored } = app.metrics()
      assert.ok(commits > APPLIES / 2)
      assert.ok(recordsRestored > 0)
    })
  }
})
