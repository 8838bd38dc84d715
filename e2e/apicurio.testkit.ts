import { type Serde, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { startSchemaRegistry, type SchemaRegistryServer } from '@millrace/tools/registry'
import type { TestContext } from 'node:test'
import type { TestCluster } from './cluster.testkit.ts'
import { readTopic } from './changelog.testkit.ts'

/** A schema registry of its own, which ends with the test. */
export async function ownRegistry(context: TestContext): Promise<SchemaRegistryServer> {
  const server = await startSchemaRegistry()
  context.after(() => server.stop())
  return server
}

/** Hands values on from one topic to another, each with its serde. */
export function passing<T>(
  from: { readonly topic: string; readonly value: Serde<T> },
  to: { readonly topic: string; readonly value: Serde<T> },
): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(from.topic, { key: serdes.string, value: from.value })
    .to(to.topic, { key: serdes.string, value: to.value })
  return builder.build()
}

/** Writes values as JSON, the nth under the key n. */
export async function writeJson(
  cluster: TestCluster,
  topic: string,
  values: readonly unknown[],
): Promise<void> {
  const producer = cluster.kafka.producer({ clientId: 'e2e-registry' })
  await producer.flush()
  for (const [i, value] of values.entries()) {
    producer.send({
      topic,
      partition: undefined,
      key: Buffer.from(String(i)),
      value: Buffer.from(JSON.stringify(value)),
      timestampMs: Date.now(),
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
}

/** The values of a topic of JSON, in the order of their text. */
export async function readJson(cluster: TestCluster, topic: string): Promise<readonly unknown[]> {
  const records = await readTopic(cluster, topic)
  const texts = records.map(({ value }) => Buffer.from(value ?? []).toString())
  return texts.sort().map((text): unknown => JSON.parse(text))
}
