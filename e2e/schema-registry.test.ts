import { type Serde, serdes, whenReady } from '@millrace/core'
import {
  avroSerde,
  confluentClient,
  type ConfluentClientConfig,
  type ConfluentSchemaRegistryClient,
  jsonSchema,
  jsonSerde,
  protobufSerde,
  RegistryClient,
  SchemaRegistry,
  schemaRegistry,
} from '@millrace/schema-registry'
import { testSchemaRegistryClient } from '@millrace/schema-registry/testing'
import {
  CONFLUENT_CLIENT,
  ensureConfluentClient,
  type SchemaRegistryServer,
  startSchemaRegistry,
} from '@millrace/tools/registry'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire, registerHooks } from 'node:module'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { passing, readJson, writeJson } from './apicurio.testkit.ts'

/** A serializer of Confluent's client, as far as it is used. */
type ConfluentSerializer = new (
  client: ConfluentSchemaRegistryClient,
  type: string,
  config: object,
) => { serialize(topic: string, value: unknown): Promise<Buffer> }

interface ConfluentPackage {
  readonly SchemaRegistryClient: new (
    config: ConfluentClientConfig,
  ) => ConfluentSchemaRegistryClient
  readonly AvroSerializer: ConfluentSerializer
  readonly JsonSerializer: ConfluentSerializer
  readonly AvroDeserializer: ConfluentDeserializer
  readonly JsonDeserializer: ConfluentDeserializer
}

type ConfluentDeserializer = new (
  client: ConfluentSchemaRegistryClient,
  type: string,
  config: object,
) => { deserialize(topic: string, bytes: Buffer): Promise<unknown> }

const AVRO = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'cents', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'lines', type: { type: 'array', items: 'string' } },
  ],
}
const JSON_SCHEMA = jsonSchema({
  title: 'Order',
  type: 'object',
  properties: {
    id: { type: 'string' },
    cents: { type: 'integer' },
    note: { type: 'string' },
    lines: { type: 'array', items: { type: 'string' } },
  },
  required: ['id', 'cents', 'lines'],
})
const PROTOBUF = `syntax = "proto3";
package shop;

message Refund {
  string id = 1;
}
message Order {
  string id = 1;
  int64 cents = 2;
  string note = 3;
  repeated string lines = 4;
}
`

const order = (i: number): { id: string; cents: number; note: string; lines: string[] } => ({
  id: `order-${i}`,
  cents: i * 1000,
  note: i % 2 === 0 ? 'even' : 'odd',
  lines: Array.from({ length: i % 3 }, (_, line) => `line ${line}`),
})

let server: SchemaRegistryServer
let confluentFile: string
let confluent: ConfluentPackage

before(async () => {
  const started = await Promise.all([startSchemaRegistry(), ensureConfluentClient()])
  server = started[0]
  confluentFile = started[1]
  // What it is documented to export.
  confluent = createRequire(import.meta.url)(confluentFile) as ConfluentPackage
})
after(() => server.stop())

/** By itself it would wait for an answer for ever, and ask three times more. */
const PATIENCE = { maxRetries: 0, createAxiosDefaults: { timeout: 30_000 } }

const newConfluentClient = (): ConfluentSchemaRegistryClient =>
  new confluent.SchemaRegistryClient({ baseURLs: [server.url], ...PATIENCE })

/**
 * The default strategy asks for `/associations` first, which Apicurio does not have: one in some hundred requests for
 * a path that it does not have is never answered (3.3.3, on connections that are kept alive).
 */
const BY_TOPIC = { subjectNameStrategyType: 'TOPIC' }

testSchemaRegistryClient('Apicurio', () => new RegistryClient({ url: server.url }))
testSchemaRegistryClient('Apicurio through the client of Confluent', () =>
  confluentClient(newConfluentClient()),
)

describe('the serdes of', { concurrency: 1 }, () => {
  const formats: Readonly<Record<string, (registry: SchemaRegistry) => Serde<object>>> = {
    Avro: (registry) => avroSerde<object>(registry, { schema: AVRO }),
    'JSON Schema': (registry) => jsonSerde<object>(registry, { schema: JSON_SCHEMA.schema }),
    Protobuf: (registry) => protobufSerde(registry, { schema: PROTOBUF, message: 'Order' }),
  }
  for (const [name, serdeOf] of Object.entries(formats)) {
    test(`${name} write to a topic what another process reads from it`, async (t) => {
      const cluster = new TestCluster(t)
      const [from, orders, to] = [
        await cluster.createTopic('in', 1),
        await cluster.createTopic('orders', 1),
        await cluster.createTopic('out', 1),
      ]
      const values = Array.from({ length: 100 }, (_, i) => order(i))
      await writeJson(cluster, from, values)
      const json = serdes.json<object>()
      const run = (id: string, topology: ReturnType<typeof passing>): TestApp =>
        new TestApp(cluster, topology, { applicationId: `${cluster.id}-${id}` })
      const newSerde = (): Serde<object> => serdeOf(schemaRegistry({ url: server.url }))
      run('writes', passing({ topic: from, value: json }, { topic: orders, value: newSerde() }))
      const reads = run('reads', passing({ topic: orders, value: newSerde() }, { topic: to, value: json })) // prettier-ignore
      await reads.until('all were read', () => reads.app.metrics().recordsProduced >= values.length)
      await reads.app.close()

      for (const { value } of await readTopic(cluster, orders)) assert.equal(value?.[0], 0)
      const sorted = values.map((value) => JSON.stringify(value)).sort()
      const found = (await readJson(cluster, to)).map((value) => JSON.stringify(value))
      assert.deepEqual(found.sort(), sorted)
    })
  }
})

test('a client that is made of a configuration gives up a registry that does not answer', async (t) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => {
    silent.close()
    silent.closeAllConnections()
  })
  const { port } = silent.address() as AddressInfo // of a server that listens on a port
  // As if the app had it installed.
  const hooks = registerHooks({
    resolve: (name, context, next) =>
      next(name === CONFLUENT_CLIENT ? pathToFileURL(confluentFile).href : name, context),
  })
  t.after(() => {
    hooks.deregister()
  })
  const config = { baseURLs: [`http://127.0.0.1:${port}`], maxRetries: 1, retriesWaitMs: 1 }
  const client = confluentClient(config, { requestTimeout: 50 })
  await assert.rejects(client.register('a-value', { type: 'AVRO', text: '"string"' }), {
    code: 'MR_SCHEMA_UNAVAILABLE',
    message: 'Cannot register a schema of subject a-value: no answer: timeout of 50ms exceeded',
  })
  const working = confluentClient({ baseURLs: [server.url] })
  assert.equal(await working.schemaOf('nothing-value', 'latest'), undefined)
})

describe('beside the client of Confluent', { concurrency: 1 }, () => {
  test('the bytes of Avro and JSON Schema are the same, under the same id', async () => {
    const registry = schemaRegistry({ url: server.url })
    const ours = [
      ['avro-orders', confluent.AvroSerializer, avroSerde<object>(registry, { schema: AVRO })],
      ['json-orders', confluent.JsonSerializer, jsonSerde<object>(registry, { schema: JSON_SCHEMA.schema })], // prettier-ignore
    ] as const
    for (const [topic, Serializer, serde] of ours) {
      await serde.prepare(topic)
      const config = { useLatestVersion: true, ...BY_TOPIC }
      const theirs = new Serializer(newConfluentClient(), 'value', config)
      for (let i = 0; i < 20; i++) {
        const bytes = Buffer.from(serde.serialize(order(i), topic))
        assert.deepEqual(await theirs.serialize(topic, order(i)), bytes)
      }
    }
  })

  test('it reads what is written here, and what it writes is read here', async () => {
    const registry = new SchemaRegistry(confluentClient(newConfluentClient()))
    const cases = [
      ['a', confluent.AvroSerializer, confluent.AvroDeserializer, avroSerde<object>(registry, { schema: AVRO })], // prettier-ignore
      ['j', confluent.JsonSerializer, confluent.JsonDeserializer, jsonSerde<object>(registry, { schema: JSON_SCHEMA.schema })], // prettier-ignore
    ] as const
    for (const [topic, Serializer, Deserializer, serde] of cases) {
      await serde.prepare(topic)
      const reader = new Deserializer(newConfluentClient(), 'value', BY_TOPIC)
      const config = { useLatestVersion: true, ...BY_TOPIC }
      const writer = new Serializer(newConfluentClient(), 'value', config)
      const read = await reader.deserialize(topic, Buffer.from(serde.serialize(order(3), topic)))
      assert.deepEqual(JSON.parse(JSON.stringify(read)), order(3))
      const bytes = await writer.serialize(topic, order(4))
      assert.deepEqual(await whenReady(() => serde.deserialize(bytes, topic)), order(4))
    }
  })
})
