import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { FaultServer } from '../fault-server.testkit.ts'
import { Bed, QUICK } from '../sink-bed.testkit.ts'
import type { HttpAuth } from './http-auth.ts'

const ONE = [{ key: 'a', value: 1 }]

async function headersWith(auth: HttpAuth): Promise<Readonly<Record<string, unknown>>> {
  const server = await FaultServer.start()
  const bed = await Bed.open({ ...QUICK, url: server.url, auth })
  await bed.write(ONE)
  return server.requests[0]?.headers ?? {}
}

describe('credentials', () => {
  test('bearer is a text, or a function that is asked for each attempt', async () => {
    const fixed = await headersWith({ kind: 'bearer', token: 'abc' })
    assert.equal(fixed['authorization'], 'Bearer abc')
    const asked = await headersWith({ kind: 'bearer', token: () => Promise.resolve('def') })
    assert.equal(asked['authorization'], 'Bearer def')
  })

  test('basic is a name and a password', async () => {
    const headers = await headersWith({ kind: 'basic', username: 'ada', password: 'pä:ss' })
    const given = String(headers['authorization']).replace('Basic ', '')
    assert.equal(Buffer.from(given, 'base64').toString(), 'ada:pä:ss')
  })

  test('hmac signs the body', async () => {
    const headers = await headersWith({
      ...{ kind: 'hmac', secret: 's3cret', header: 'X-Hub-Signature-256', prefix: 'sha256=' },
    })
    const signature = createHmac('sha256', 's3cret').update('1').digest('hex')
    assert.equal(headers['x-hub-signature-256'], `sha256=${signature}`)
  })

  test('hmac signs the time with it, where there is a header for it', async () => {
    const headers = await headersWith({
      ...{ kind: 'hmac', secret: 's3cret', algorithm: 'sha512', encoding: 'base64' },
      timestampHeader: 'X-Time',
    })
    const time = String(headers['x-time'])
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 10)
    const signature = createHmac('sha512', 's3cret').update(`${time}.1`).digest('base64')
    assert.equal(headers['x-signature'], signature)
  })

  test('hmac signs what a function says', async () => {
    const headers = await headersWith({
      ...{ kind: 'hmac', secret: 's3cret' },
      payload: ({ method, path }) => `${method} ${path}`,
    })
    const signature = createHmac('sha256', 's3cret').update('POST /').digest('hex')
    assert.equal(headers['x-signature'], signature)
  })

  test('custom gives headers for a request', async () => {
    const headers = await headersWith({
      kind: 'custom',
      authorize: ({ path }) => ({ 'X-Api-Key': `key for ${path}` }),
    })
    assert.equal(headers['x-api-key'], 'key for /')
  })

  test('custom credentials are renewed once on 401', async () => {
    let version = 1
    const server = await FaultServer.start(({ headers }) => ({
      status: headers['x-version'] === '2' ? 200 : 401,
    }))
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      auth: {
        kind: 'custom',
        authorize: () => ({ 'x-version': String(version) }),
        refresh: () => {
          version++
        },
      },
    })

    await bed.write(ONE)

    assert.deepEqual([server.requests.length, bed.rejected.length], [2, 0])
  })

  test('a function that fails is tried again, and tells in the end', async () => {
    const down = new Error('vault is sealed')
    let failures = 3
    const server = await FaultServer.start()
    const token = (): string => {
      if (failures-- > 0) throw down
      return 'abc'
    }
    const bed = await Bed.open({ ...QUICK, url: server.url, auth: { kind: 'bearer', token } })
    await bed.write(ONE)
    assert.equal(server.effects.length, 1)

    failures = Infinity
    const other = await Bed.open({
      ...QUICK,
      ...{ url: server.url, auth: { kind: 'bearer', token }, deliveryTimeout: 20 },
    })
    const error = await other.failure(ONE)
    assert.deepEqual([error.code, error.cause], ['MR_SINK_UNAVAILABLE', down])
  })
})

describe('secrets', () => {
  test('are in no error and no log line', async () => {
    const secrets = ['tok-12345', 'key-12345', 'mine-12345', 'T0KENT0KENT0KEN1']
    const echo = (headers: Readonly<Record<string, unknown>>): string =>
      `got ${String(headers['authorization'])} ${String(headers['x-api-key'])} mine-12345`
    const server = await FaultServer.start(({ headers }, index) => ({
      status: index < 5 ? 500 : 400,
      body: echo(headers),
    }))
    const bed = await Bed.open({
      ...QUICK,
      url: `${server.url}/hooks/T0KENT0KENT0KEN1?token=query-12345`,
      circuitBreaker: { failures: 2, openFor: 1 },
      auth: { kind: 'bearer', token: () => 'tok-12345' },
      headers: { 'x-api-key': 'key-12345' },
      redact: ['mine-12345'],
    })

    await bed.write(ONE)

    const { error } = bed.rejected[0] ?? assert.fail()
    const shown = JSON.stringify([
      ...[error.message, error.hint, error.at, String(error.cause), error.stack, bed.log],
    ])
    for (const secret of [...secrets, 'query-12345']) assert.ok(!shown.includes(secret), secret)
    assert.match(String(error.cause), /got Bearer \*\*\* \*\*\* \*\*\*/)
    assert.match(error.message, /\/hooks\/\*\*\* answered 400/)
    assert.ok(bed.log.length > 0)
  })
})
