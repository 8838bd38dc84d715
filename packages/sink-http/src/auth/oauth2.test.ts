import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@millrace/core/internal'
import { FaultServer, type Reply } from '../fault-server.testkit.ts'
import { HttpAnswerError } from '../http-answer.ts'
import { Bed, QUICK } from '../sink-bed.testkit.ts'
import type { HttpAuth } from './http-auth.ts'

const ONE = [{ key: 'a', value: 1 }]

interface Party {
  readonly tokens: FaultServer
  readonly target: FaultServer
  /** Those that the target accepts. */
  readonly valid: Set<string>
  readonly auth: HttpAuth
}

async function withParty(
  reply: (n: number) => Reply,
  run: (party: Party) => Promise<void>,
): Promise<void> {
  const valid = new Set<string>()
  const tokens = await FaultServer.start((_, index) => reply(index))
  const target = await FaultServer.start(({ headers }) =>
    valid.has(headers['authorization'] as string) ? {} : { status: 401, body: 'expired' },
  )
  const auth: HttpAuth = {
    kind: 'oauth2',
    tokenUrl: `${tokens.url}/token`,
    clientId: 'app one',
    clientSecret: 'p&ss/word',
    scope: 'write read',
    parameters: { audience: 'orders' },
  }
  await run({ tokens, target, valid, auth })
}

const token = (n: number, expires_in?: number): Reply => ({
  body: JSON.stringify({ access_token: `token-${n}`, token_type: 'Bearer', expires_in }),
})
const records = ['a', 'b', 'c', 'd', 'e'].map((key, value) => ({ key, value }))

test('an OAuth 2 token is fetched once, when the sink opens, and kept', async () => {
  await withParty(
    (n) => token(n, 3600),
    async ({ tokens, target, valid, auth }) => {
      valid.add('Bearer token-0')
      const bed = await Bed.open({ ...QUICK, url: target.url, auth })
      await bed.write(records)

      assert.equal(target.effects.length, 5)
      const [request, more] = tokens.requests
      assert.equal(more, undefined)
      assert.equal(request?.body, 'grant_type=client_credentials&audience=orders&scope=write+read')
      const given = String(request.headers['authorization']).replace('Basic ', '')
      assert.equal(Buffer.from(given, 'base64').toString(), 'app+one:p%26ss%2Fword')
    },
  )
})

test('the client may prove itself in the body', async () => {
  await withParty(
    (n) => token(n),
    async ({ tokens, target, valid, auth }) => {
      valid.add('Bearer token-0')
      const bed = await Bed.open({
        ...QUICK,
        ...{ url: target.url, auth: { ...auth, clientAuthentication: 'body' } as HttpAuth }, // is oauth2
      })
      await bed.write(ONE)
      const form = new URLSearchParams(tokens.requests[0]?.body)
      assert.deepEqual([form.get('client_id'), form.get('client_secret')], ['app one', 'p&ss/word'])
      assert.equal(tokens.requests[0]?.headers['authorization'], undefined)
    },
  )
})

test('an OAuth 2 token that is refused is replaced once, for all requests', async () => {
  await withParty(
    (n) => token(n, 3600),
    async ({ tokens, target, valid, auth }) => {
      valid.add('Bearer token-1')
      const bed = await Bed.open({ ...QUICK, url: target.url, auth })
      await bed.write(records)

      assert.equal(target.effects.length, 5)
      assert.equal(tokens.requests.length, 2)
      assert.deepEqual(bed.rejected, [])
    },
  )
})

test('a new token that is refused too rejects the record, with the answer', async () => {
  await withParty(
    (n) => token(n, 3600),
    async ({ target, auth }) => {
      const bed = await Bed.open({ ...QUICK, url: target.url, auth })
      await bed.write(ONE)

      assert.equal(target.requests.length, 2)
      const [rejected] = bed.rejected
      assert.equal(rejected?.error.at['status'], 401)
      assert.ok(rejected.error.cause instanceof HttpAnswerError)
      assert.equal(rejected.error.cause.bodyExcerpt, 'expired')
    },
  )
})

test("onUnauthorized 'fail' ends the app instead", async () => {
  await withParty(
    (n) => token(n, 3600),
    async ({ target, auth }) => {
      const bed = await Bed.open({
        ...QUICK,
        ...{ url: target.url, auth, onUnauthorized: 'fail' },
      })
      assert.equal((await bed.failure(ONE)).code, 'MR_SINK_FAILED')
    },
  )
})

test('an OAuth 2 token is replaced before its end, and used to its end while the endpoint is down', async () => {
  let isDown = false
  let offsetMs = 0
  const scheduler = { ...systemClock, nowMs: () => Date.now() + offsetMs }
  const reply = (n: number): Reply => (isDown ? { status: 503 } : token(n, 1000))
  await withParty(reply, async ({ tokens, target, valid, auth }) => {
    for (let n = 0; n < 9; n++) valid.add(`Bearer token-${n}`)
    const bed = await Bed.open({ ...QUICK, url: target.url, auth }, { scheduler })
    const lastToken = (): unknown => target.requests.at(-1)?.headers['authorization']

    offsetMs = 930_000
    await bed.write(ONE, 0)
    assert.equal(lastToken(), 'Bearer token-0')
    offsetMs = 941_000
    await bed.write(ONE, 1)
    assert.equal(lastToken(), 'Bearer token-1')

    isDown = true
    offsetMs += 941_000
    await bed.write(ONE, 2)
    assert.equal(lastToken(), 'Bearer token-1')
    assert.equal(tokens.requests.length, 3)
  })
})

test('a token endpoint that is down is tried again, also when the sink opens', async () => {
  await withParty(
    (n) => (n < 3 ? { status: 503 } : token(n)),
    async ({ target, valid, auth }) => {
      valid.add('Bearer token-3')
      const bed = Bed.create({ ...QUICK, url: target.url, auth })
      await assert.rejects(bed.openSink(), { code: 'MR_SINK_UNAVAILABLE' })
      await bed.write(ONE)
      assert.equal(target.effects.length, 1)
    },
  )
})

test('a token endpoint that refuses the client ends the app when the sink opens', async () => {
  const body = '{"error":"invalid_client","error_description":"p&ss/word is wrong"}'
  await withParty(
    () => ({ status: 401, body }),
    async ({ tokens, target, auth }) => {
      const bed = Bed.create({ ...QUICK, url: target.url, auth })
      await assert.rejects(bed.openSink(), (error: Error) => {
        assert.equal(error.message, `token endpoint ${tokens.url}/token answered 401`)
        assert.match(String(error.cause), /invalid_client.*\*\*\* is wrong/)
        return true
      })
    },
  )
})

test('a token endpoint that gives no token ends the app', async () => {
  for (const body of ['{}', 'not json', '{"access_token":""}']) {
    await withParty(
      () => ({ body }),
      async ({ target, auth }) => {
        const bed = Bed.create({ ...QUICK, url: target.url, auth })
        await assert.rejects(bed.openSink(), { code: 'MR_SINK_FAILED', hint: /tokenUrl/ })
      },
    )
  }
})
