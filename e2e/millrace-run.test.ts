import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { SupervisedSpec } from './supervised-app.ts'
import { until } from './until.testkit.ts'

const MAIN = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const APP = fileURLToPath(new URL('supervised-app.ts', import.meta.url))
const PARTITIONS = 4

/** `millrace run`, and the lines it has written. */
class Supervised {
  readonly lines: string[] = []
  readonly status: Promise<number | null>
  readonly signal: (signal: NodeJS.Signals) => void

  constructor(cluster: TestCluster, options: readonly string[], spec: SupervisedSpec) {
    const run = [MAIN, 'run', APP, ...options, '--', JSON.stringify(spec)]
    const child = spawn(process.execPath, ['--conditions=@millrace/source', ...run], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => this.lines.push(line))
    }
    this.status = new Promise((resolve) => child.once('close', resolve))
    this.signal = (signal) => child.kill(signal)
    cluster.defer(async () => {
      child.kill('SIGKILL') // Its members leave by themselves then.
      await this.status
    })
  }

  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length
  }

  async untilSaid(pattern: RegExp, times = 1): Promise<void> {
    const lastWords = (): string => this.lines.slice(-30).join('\n')
    await until(`${times} times ${pattern}`, () => this.count(pattern) >= times, { lastWords })
  }
}

describe('millrace run', { concurrency: true }, () => {
  test('a member that is killed comes back and takes its tasks again', async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', PARTITIONS)],
      output: await cluster.createTopic('out', 2),
    }
    const options = ['--processes', '2', '--restart-backoff', '100', '--status-interval', '200']
    const supervised = new Supervised(cluster, options, {
      // Of one sub-topology, so that each of the two has tasks with state.
      topology: 'count',
      topics,
      app: {
        applicationId: cluster.id,
        brokers: cluster.brokers,
        sessionTimeout: 6000,
        heartbeatInterval: 300,
      },
    })
    await supervised.untilSaid(/^millrace: 2 of 2 running {2}/)
    const writing = inputs.writeSteadily(topics.inputs, 20)
    await supervised.untilSaid(/^millrace: 2 of 2 running {2}[1-9]/)

    const [, pid] = /^\[1\] pid (\d+)$/m.exec(supervised.lines.join('\n')) ?? []
    const taken = supervised.count(/^\[1\] takes/)
    process.kill(Number(pid), 'SIGKILL')
    await supervised.untilSaid(
      /^millrace: member 1 ended by SIGKILL; it is started again in 100 ms/,
    )
    // Not what it restores: there is nothing to, unless it was killed in the middle of a commit.
    await supervised.untilSaid(/^\[1\] takes/, taken + 1)
    await supervised.untilSaid(/^millrace: 2 of 2 running .* restarts 1$/)
    await writing.stop()

    const output = await CountedOutput.open(cluster, topics.output)
    await output.assertExact(inputs.written)
    supervised.signal('SIGTERM')
    assert.equal(await supervised.status, 0)
    assert.equal(supervised.count(/state closed$/), 2)
    await output.assertExact(inputs.written)
  })

  test('a member that fails each time ends all, with its status', async (t) => {
    const cluster = new TestCluster(t)
    const options = ['--processes', '1', '--restart-backoff', '10', '--max-restarts', '1']
    const supervised = new Supervised(cluster, options, {
      topology: 'count',
      topics: { inputs: [`${cluster.id}-missing`], output: `${cluster.id}-missing-too` },
      app: { applicationId: cluster.id, brokers: cluster.brokers },
    })
    assert.equal(await supervised.status, 1)
    assert.equal(supervised.count(/^\[0\] pid/), 2)
    assert.ok(supervised.count(/^\[0\] .*MR_UNKNOWN_TOPIC/) >= 2)
    assert.equal(supervised.count(/after 1 restarts within .*: stopping all members$/), 1)
  })
})
