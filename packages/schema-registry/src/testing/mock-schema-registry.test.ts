import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { MockSchemaRegistry } from './mock-schema-registry.ts'
import { testSchemaRegistryClient } from './schema-registry-contract.ts'

const registry = new MockSchemaRegistry()
testSchemaRegistryClient('MockSchemaRegistry', () => registry)

const string = { type: 'AVRO', text: '"string"' } as const

test('a registry that is down answers nothing, until it is back', async () => {
  const mock = new MockSchemaRegistry()
  mock.failure = new MillraceError('MR_SCHEMA_UNAVAILABLE', 'down')
  await assert.rejects(mock.register('a-value', string), { code: 'MR_SCHEMA_UNAVAILABLE' })
  mock.failure = undefined
  assert.equal(await mock.register('a-value', string), 1)
  assert.deepEqual(mock.requests, ['register a-value', 'register a-value'])
})

test('a field of JSON Schema that becomes required is refused by default', async () => {
  const mock = new MockSchemaRegistry()
  const schema = (required: string[]): string => JSON.stringify({ type: 'object', required })
  await mock.register('a-value', { type: 'JSON', text: schema([]) })
  await assert.rejects(mock.register('a-value', { type: 'JSON', text: schema(['id']) }), {
    code: 'MR_SCHEMA_INCOMPATIBLE',
    message: 'The schema is incompatible with those of subject a-value: /id is required now',
  })
})
