import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { confluentClient, type ConfluentSchemaRegistryClient } from './confluent-client.ts'

const string = { type: 'AVRO', text: '"string"' } as const

/** As `RestError` of the package. */
function restError(status: number, message: string): Error {
  return Object.assign(new Error(`${message}; error code: ${status}01`), { status })
}

/** Answers everything with one failure. That it fits the package is tested with the package, in e2e. */
function failing(error: Error): ConfluentSchemaRegistryClient {
  const fail = (): Promise<never> => Promise.reject(error)
  return {
    register: fail,
    getId: fail,
    getBySubjectAndId: fail,
    getLatestSchemaMetadata: fail,
    getSchemaMetadata: fail,
    testSubjectCompatibility: fail,
    updateCompatibility: fail,
  }
}

test('without the package every call says what to install', async () => {
  const client = confluentClient({ baseURLs: ['http://127.0.0.1:1'] })
  await assert.rejects(client.schemaById(1), {
    code: 'MR_CONFIG',
    message: 'confluentClient() needs the package @confluentinc/schemaregistry',
    hint: 'npm install @confluentinc/schemaregistry',
  })
})

test('its errors become those of the port', async () => {
  const missing = confluentClient(failing(restError(404, 'Subject not found')))
  assert.equal(await missing.schemaById(1), undefined)
  assert.equal(await missing.lookUp('a', string), undefined)
  assert.equal(await missing.schemaOf('a', 1), undefined)
  assert.deepEqual(await missing.checkCompatibility('a', string), { isCompatible: true, messages: [] }) // prettier-ignore

  for (const [error, code] of [
    [restError(409, 'it differs'), 'MR_SCHEMA_INCOMPATIBLE'],
    [restError(422, 'no schema'), 'MR_SCHEMA_INVALID'],
    [restError(401, 'who?'), 'MR_SCHEMA_ACCESS'],
    [restError(500, 'oh'), 'MR_SCHEMA_UNAVAILABLE'],
    [new Error('connect ECONNREFUSED'), 'MR_SCHEMA_UNAVAILABLE'],
    [new Error('self-signed certificate'), 'MR_SCHEMA_ACCESS'],
  ] as const) {
    const client = confluentClient(failing(error))
    await assert.rejects(client.register('a', string), (thrown: unknown) => {
      assert.ok(MillraceError.is(thrown, code))
      assert.equal(thrown.cause, error)
      return true
    })
  }
  const refused = confluentClient(failing(restError(409, 'it differs')))
  await assert.rejects(refused.register('a', string), {
    message: 'The schema is incompatible with those of subject a: it differs',
  })
})

test('a call that is never answered ends with callTimeout, and can be tried again', async () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  const client = confluentClient(
    {
      ...failing(new Error()),
      register: never,
      getBySubjectAndId: never,
      updateCompatibility: never,
    },
    { callTimeout: 20 },
  )
  for (const call of [
    () => client.register('a', string),
    () => client.schemaById(1),
    () => client.setCompatibility('a', 'FULL'),
  ]) {
    await assert.rejects(call, {
      code: 'MR_SCHEMA_UNAVAILABLE',
      action: 'retry',
      message: /: no answer: @confluentinc\/schemaregistry did not answer in 20 ms$/,
    })
  }
})

test('timeouts are checked', () => {
  const config = { baseURLs: ['http://127.0.0.1:1'] }
  const invalid = { requestTimeout: 0, callTimeout: 'soon' as '1 ms' }
  assert.throws(() => confluentClient(config, invalid), {
    code: 'MR_CONFIG',
    message:
      'Invalid registry options: requestTimeout must be more than 0; callTimeout is no duration: "soon"',
  })
})
