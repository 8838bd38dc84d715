import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { type Counted, TOPOLOGIES } from './topologies.testkit.ts'

/** Counts, with a text of so many bytes to each result. */
function countWith(bytes: number, topics: { input: string; output: string }): Topology {
  const builder = new StreamsBuilder()
  const value = serdes.json<Counted & { readonly text: string }>()
  let n = 0
  builder
    .stream(topics.input, { key: serdes.string, value: serdes.string })
    .mapValues(
      () => {
        // Random, so that compression does not save it.
        const text = Array.from({ length: bytes }, () => (n = (n * 16_807 + 7) % 2_147_483_647))
        return { count: 0, id: '', text: text.map((one) => one.toString(36)).join('') }
      },
      { value },
    )
    .to(topics.output)
  return builder.build()
}

for (const guarantee of ['exactly_once_v2', 'at_least_once'] as const) {
  test(`${guarantee}: a record that is too large for its topic stops the app, and loses nothing`, async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const input = await cluster.createTopic('in', 1)
    const output = await cluster.createTopic('out', 1, { 'max.message.bytes': '20000' })
    await inputs.write([input], 10)

    const large = new TestApp(cluster, countWith(50_000, { input, output }), {
      processingGuarantee: guarantee,
      commitInterval: 100,
    })
    const error = await large.untilFailed('MR_RECORD_TOO_LARGE')
    assert.match(error.message, new RegExp(output))
    assert.equal(error.at['topic'], output)

    const mended = new TestApp(cluster, TOPOLOGIES.count({ inputs: [input], output }), {
      processingGuarantee: guarantee,
      commitInterval: 100,
    })
    const counted = await CountedOutput.open(cluster, output)
    await counted.assertExact(inputs.written)
    await mended.app.close()
  })
}
