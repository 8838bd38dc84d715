import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as registry from './index.ts'
import * as testing from './testing/index.ts'

test('the package exports these values and no others', () => {
  assert.deepEqual(Object.keys(registry).sort(), [
    'RegistryClient',
    'SchemaRegistry',
    'avroSerde',
    'confluentClient',
    'jsonSchema',
    'jsonSerde',
    'protobufSerde',
    'schemaRegistry',
  ])
})

test('the part for tests exports these values and no others', () => {
  assert.deepEqual(Object.keys(testing).sort(), ['MockSchemaRegistry', 'testSchemaRegistryClient'])
})
