import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/core'
import type { SchemaDefinition, SchemaRegistryClient } from '../client/schema-registry-client.ts'

const avro = (...fields: object[]): SchemaDefinition => ({
  type: 'AVRO',
  text: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }),
})
const id = { name: 'id', type: 'string' }
const price = { name: 'price', type: 'int' }
const note = { name: 'note', type: 'string', default: '' }

const json: SchemaDefinition = {
  type: 'JSON',
  text: JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Order',
    type: 'object',
    properties: { id: { type: 'string' } },
  }),
}
const protobuf = (type: string): SchemaDefinition => ({
  type: 'PROTOBUF',
  text: `syntax = "proto3";\npackage shop;\n\nmessage Order {\n  ${type} id = 1;\n}\n`,
})

/** An id that no test makes a registry reach. */
const UNKNOWN_ID = 2_000_000_000

/** Gives a client of the registry under test. */
type OpenClient = () => SchemaRegistryClient | Promise<SchemaRegistryClient>

/** The contract of {@link SchemaRegistryClient} as tests. Subjects are new ones, so a registry may have others. */
export function testSchemaRegistryClient(label: string, client: OpenClient): void {
  let subjects = 0
  const run = `${Date.now().toString(36)}-${process.pid}`
  const newSubject = (): string => `contract-${run}-${++subjects}-value`

  describe(`${label}: SchemaRegistryClient contract`, () => {
    testsOfFinding(client, newSubject)
    testsOfCompatibility(client, newSubject)
    testsOfOtherSchemas(client, newSubject)
  })
}

function testsOfFinding(client: OpenClient, newSubject: () => string): void {
  for (const schema of [avro(id), json, protobuf('string')]) {
    test(`a schema of kind ${schema.type} is found by its id, its subject and itself`, async () => {
      const registry = await client()
      const subject = newSubject()
      const schemaId = await registry.register(subject, schema)

      assertSame(await registry.schemaById(schemaId), schema)
      const latest = await registry.schemaOf(subject, 'latest')
      assertSame(latest, schema)
      assert.deepEqual([latest?.subject, latest?.id], [subject, schemaId])
      assert.equal((await registry.schemaOf(subject, latest?.version ?? 0))?.id, schemaId)
      assert.equal(await registry.lookUp(subject, schema), schemaId)
    })
  }

  test('a schema that is registered again keeps id and version, also when many do so at once', async () => {
    const registry = await client()
    const subject = newSubject()
    const first = await registry.register(subject, avro(id))
    const others = Array.from({ length: 5 }, () => registry.register(subject, avro(id)))
    assert.deepEqual(new Set(await Promise.all(others)), new Set([first]))
    assert.equal((await registry.schemaOf(subject, 'latest'))?.version, 1)
  })

  test('what is not there is undefined', async () => {
    const registry = await client()
    const subject = newSubject()
    assert.equal(await registry.schemaOf(subject, 'latest'), undefined)
    assert.equal(await registry.lookUp(subject, avro(id)), undefined)
    assert.equal(await registry.schemaById(UNKNOWN_ID), undefined)
    await registry.register(subject, avro(id))
    assert.equal(await registry.lookUp(subject, avro(id, note)), undefined)
    assert.equal(await registry.schemaOf(subject, 9), undefined)
  })
}

function testsOfCompatibility(client: OpenClient, newSubject: () => string): void {
  test('a subject of which BACKWARD is asked refuses a schema that cannot read the last one', async () => {
    const registry = await client()
    const subject = newSubject()
    await registry.setCompatibility(subject, 'BACKWARD')
    await registry.register(subject, avro(id))

    await assert.rejects(registry.register(subject, avro(id, price)), (error: unknown) => {
      assert.ok(MillraceError.is(error, 'MR_SCHEMA_INCOMPATIBLE'))
      assert.match(error.message, new RegExp(subject))
      assert.match(error.message, /price|fields\/1/)
      assert.equal(error.at['subject'], subject)
      return true
    })
    const { isCompatible } = await registry.checkCompatibility(subject, avro(id, price))
    assert.equal(isCompatible, false)
    assert.equal((await registry.schemaOf(subject, 'latest'))?.version, 1)
  })

  test('a subject of which BACKWARD is asked takes a schema that reads the last one, as its next version', async () => {
    const registry = await client()
    const subject = newSubject()
    await registry.setCompatibility(subject, 'BACKWARD')
    const first = await registry.register(subject, avro(id))
    assert.equal((await registry.checkCompatibility(subject, avro(id, note))).isCompatible, true)
    const second = await registry.register(subject, avro(id, note))
    assert.notEqual(second, first)
    assert.deepEqual((await registry.schemaOf(subject, 'latest'))?.version, 2)
    assertSame(await registry.schemaById(first), avro(id))
  })

  test('a subject of which NONE is asked takes any', async () => {
    const registry = await client()
    const subject = newSubject()
    await registry.setCompatibility(subject, 'NONE')
    await registry.register(subject, avro(id))
    await registry.register(subject, avro(id, price))
    assert.equal((await registry.schemaOf(subject, 'latest'))?.version, 2)
  })

  test('a field of a message that changes its type is refused', async () => {
    const registry = await client()
    const subject = newSubject()
    await registry.setCompatibility(subject, 'BACKWARD')
    await registry.register(subject, protobuf('string'))
    await assert.rejects(registry.register(subject, protobuf('int32')), {
      code: 'MR_SCHEMA_INCOMPATIBLE',
    })
  })

  test('a new subject is compatible with everything', async () => {
    const registry = await client()
    const result = await registry.checkCompatibility(newSubject(), avro(id))
    assert.deepEqual(result, { isCompatible: true, messages: [] })
  })
}

function testsOfOtherSchemas(client: OpenClient, newSubject: () => string): void {
  test('references are kept', async () => {
    const registry = await client()
    const [used, using] = [newSubject(), newSubject()]
    const item = { type: 'record', name: 'Item', namespace: 'shop', fields: [id] }
    await registry.register(used, { type: 'AVRO', text: JSON.stringify(item) })
    const references = [{ name: 'shop.Item', subject: used, version: 1 }]
    const fields = [{ name: 'item', type: 'shop.Item' }]
    const schema: SchemaDefinition = { ...avro(...fields), references }
    const schemaId = await registry.register(using, schema)
    assert.deepEqual((await registry.schemaById(schemaId))?.references, references)
    assert.equal(await registry.lookUp(using, schema), schemaId)
  })

  test('a subject may have any name', async () => {
    const registry = await client()
    const subject = `${newSubject()}/a b?c=d&e`
    const schemaId = await registry.register(subject, avro(id))
    assert.equal((await registry.schemaOf(subject, 'latest'))?.id, schemaId)
  })

  test('a schema that is not valid is refused', async () => {
    const registry = await client()
    const schema: SchemaDefinition = { type: 'AVRO', text: '{"type":"record","name":"Order"' }
    await assert.rejects(registry.register(newSubject(), schema), { code: 'MR_SCHEMA_INVALID' })
  })
}

/** Registries may write a schema in their own way; that of JSON they keep in meaning. */
function assertSame(found: SchemaDefinition | undefined, expected: SchemaDefinition): void {
  assert.equal(found?.type, expected.type)
  if (expected.type === 'PROTOBUF') assert.match(found.text, /message Order/)
  else assert.deepEqual(JSON.parse(found.text), JSON.parse(expected.text))
}
