import { createApp, serdes, silentLogger, StreamsBuilder, type App } from '@millrace/core'
import { test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs, parseInput } from './inputs.testkit.ts'
import type { Counted } from './topologies.testkit.ts'

/** Counts over every topic whose name begins with the test's id and `-in`. */
function startMember(cluster: TestCluster, instanceId: string, output: string): App {
  const builder = new StreamsBuilder()
  builder
    .stream(new RegExp(`${cluster.id}-in.*`), { key: serdes.string, value: serdes.string })
    .groupBy((_key, value) => parseInput(value).key, {
      key: serdes.string,
      value: serdes.string,
      name: 'by-key',
    })
    .aggregate<Counted>({
      store: 'counts',
      caching: false,
      value: serdes.json<Counted>(),
      init: () => ({ count: 0, id: '' }),
      add: (_key, value, before) => ({ count: before.count + 1, id: parseInput(value).id }),
    })
    .toStream()
    .to(output)
  const app = createApp(builder.build(), {
    applicationId: cluster.id,
    instanceId,
    brokers: cluster.brokers,
    metadataMaxAge: '300 ms',
    logger: silentLogger,
  })
  cluster.defer(() => app.close())
  return app
}

test(
  'topics that a pattern matches later are read, by one member each',
  { timeout: 120_000 },
  async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const output = await cluster.createTopic('out', 3)
    const first = startMember(cluster, 'a', output)
    const second = startMember(cluster, 'b', output)
    const counted = await CountedOutput.open(cluster, output)

    // No topic matches yet: that is no error, and both members wait.
    const started = Promise.all([first.start(), second.start()])
    const small = await cluster.createTopic('in-small', 1)
    await started
    await inputs.write([small], 300)
    await counted.assertExact(inputs.written)

    // More partitions than before, and a name that comes first: it would lead if source topics did.
    const large = await cluster.createTopic('in-a-large', 4)
    const writing = inputs.writeSteadily([small, large], 50)
    await counted.untilLength(2000)
    await writing.stop()
    await counted.assertExact(inputs.written)
  },
)
