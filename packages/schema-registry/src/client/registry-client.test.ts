import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { MillraceError } from '@millrace/core'
import { createCertificate } from '@millrace/tools/tls'
import { RegistryClient } from './registry-client.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  return (server.address() as AddressInfo).port // of a server that listens on a port
}

/** A server that answers everything in one way. */
async function answering(context: TestContext, handler: Handler): Promise<string> {
  const server = createServer(handler)
  context.after(() => {
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${await listen(context, server)}`
}

const says =
  (status: number, body: unknown): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

const string = { type: 'AVRO', text: '"string"' } as const

test('what a status means is said with what was asked for', async (context) => {
  for (const [status, code, message] of [
    [
      401,
      'MR_SCHEMA_ACCESS',
      'Cannot fetch the schema 7: the schema registry asks for credentials (HTTP 401)',
    ],
    [
      403,
      'MR_SCHEMA_ACCESS',
      'Cannot fetch the schema 7: the schema registry forbids it (HTTP 403)',
    ],
    [422, 'MR_SCHEMA_INVALID', 'Cannot fetch the schema 7: no good'],
    [429, 'MR_SCHEMA_UNAVAILABLE', 'Cannot fetch the schema 7 (HTTP 429): no good'],
    [400, 'MR_SCHEMA_ACCESS', 'Cannot fetch the schema 7 (HTTP 400): no good'],
  ] as const) {
    const url = await answering(context, says(status, { error_code: status, message: 'no good' }))
    await assert.rejects(new RegistryClient({ url }).schemaById(7), (error: unknown) => {
      assert.ok(MillraceError.is(error, code))
      assert.equal(error.message, message)
      assert.deepEqual(error.at, { schemaId: 7, status })
      return true
    })
  }
})

test('an answer of 5xx can be tried again', async (context) => {
  const url = await answering(context, says(503, 'Service Unavailable'))
  await assert.rejects(new RegistryClient({ url }).register('a-value', string), {
    code: 'MR_SCHEMA_UNAVAILABLE',
    action: 'retry',
  })
})

test('a registry that is not there can be tried again', async (context) => {
  const server = createServer()
  const port = await listen(context, server)
  server.close()
  const client = new RegistryClient({ url: `http://127.0.0.1:${port}` })
  await assert.rejects(client.register('a-value', string), {
    code: 'MR_SCHEMA_UNAVAILABLE',
    message: `Cannot register a schema of subject a-value: no answer: connect ECONNREFUSED 127.0.0.1:${port}`,
    at: { subject: 'a-value' },
  })
})

test('a registry that does not answer is given up after requestTimeout', async (context) => {
  const url = await answering(context, () => undefined)
  const client = new RegistryClient({ url, requestTimeout: 50 })
  await assert.rejects(client.register('a-value', string), {
    code: 'MR_SCHEMA_UNAVAILABLE',
    message: 'Cannot register a schema of subject a-value: no answer: Timeout (50ms)',
  })
})

test('a refusal has the differences that the registry lists, and else what it said', async (context) => {
  let listed: readonly string[] = [
    '{errorType:READER_FIELD_MISSING_DEFAULT_VALUE, path: /fields/1}',
  ]
  const url = await answering(context, (request, response) => {
    if (request.url?.startsWith('/compatibility') === true) {
      assert.equal(request.url, '/compatibility/subjects/a-value/versions/latest?verbose=true')
      says(200, { is_compatible: false, messages: listed })(request, response)
    } else says(409, { error_code: 409, message: 'Schema is incompatible' })(request, response)
  })
  const client = new RegistryClient({ url })
  const begin = 'The schema is incompatible with those of subject a-value: '
  await assert.rejects(client.register('a-value', string), {
    code: 'MR_SCHEMA_INCOMPATIBLE',
    message: `${begin}{errorType:READER_FIELD_MISSING_DEFAULT_VALUE, path: /fields/1}`,
  })
  listed = []
  await assert.rejects(client.register('a-value', string), {
    message: `${begin}Schema is incompatible`,
  })
})

test('user, token and headers are sent, and are in no error', async (context) => {
  const seen: (string | undefined)[] = []
  const handler: Handler = (request, response) => {
    seen.push(`${request.headers.authorization ?? ''} ${String(request.headers['x-tenant'] ?? '')}`)
    says(401, { message: 'no' })(request, response)
  }
  const url = await answering(context, handler)
  const headers = { 'x-tenant': 'shop' }
  const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`
  let asked = 0
  for (const client of [
    new RegistryClient({ url, headers, auth: { username: 'ann', password: 'secret' } }),
    new RegistryClient({ url: url.replace('//', '//ann:secret@'), headers }),
    new RegistryClient({ url, headers, auth: { token: 'secret' } }),
    new RegistryClient({
      url,
      headers,
      auth: { token: () => Promise.resolve(`secret${++asked}`) },
    }),
  ]) {
    await assert.rejects(client.register('a-value', string), (error: unknown) => {
      assert.ok(MillraceError.is(error, 'MR_SCHEMA_ACCESS'))
      const told = inspect(error, { depth: 9, showHidden: true })
      assert.doesNotMatch(told, /secret|YW5uOnNlY3JldA/)
      return true
    })
  }
  assert.deepEqual(seen, [`${basic} shop`, `${basic} shop`, 'Bearer secret shop', 'Bearer secret1 shop']) // prettier-ignore
})

test('a certificate is trusted when its authority is given, and is else no reason to try again', async (context) => {
  const { cert, key } = createCertificate({ name: 'registry' })
  const server = createTlsServer({ key, cert }, says(200, { id: 5 }))
  const url = `https://127.0.0.1:${await listen(context, server)}`
  context.after(() => {
    server.closeAllConnections()
  })
  await assert.rejects(
    new RegistryClient({ url }).register('a-value', string),
    (error: unknown) => {
      assert.ok(MillraceError.is(error, 'MR_SCHEMA_ACCESS'))
      assert.match(
        error.message,
        /^Cannot register a schema of subject a-value: no trusted connection: /,
      )
      return true
    },
  )
  const trusting = new RegistryClient({ url, tls: { ca: cert } })
  assert.equal(await trusting.register('a-value', string), 5)
})

test('options are checked all at once, and told without credentials', () => {
  assert.throws(
    () => new RegistryClient({ url: 'ftp://ann:secret@x', requestTimeout: -1 }),
    (error: unknown) => {
      assert.ok(MillraceError.is(error, 'MR_CONFIG'))
      assert.match(error.message, /url is no http/)
      assert.match(error.message, /requestTimeout/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    },
  )
  assert.throws(() => new RegistryClient({ url: 'http://x', tls: {} }), { code: 'MR_CONFIG' })
})
