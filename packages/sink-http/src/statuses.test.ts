import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { HttpAnswerError } from './http-answer.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const ONE = [{ key: 'a', value: 1 }]

describe('answers that pass', () => {
  test('are tried again, with the same key and body', async () => {
    const statuses = [500, 502, 503, 504, 429, 408, 425, 409, 507]
    const server = await FaultServer.start((_, index) => ({ status: statuses[index] ?? 201 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, circuitBreaker: false })

    await bed.write(ONE)

    assert.equal(server.requests.length, statuses.length + 1)
    assert.equal(new Set(server.requests.map(({ key, body }) => `${key} ${body}`)).size, 1)
    assert.equal(server.effects.length, 1)
  })

  test('429 with Retry-After is not tried again before that', async () => {
    const server = await FaultServer.start((_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : {},
    )
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    const [first, second] = server.requests.map(({ atMs }) => atMs)
    assert.ok((second ?? 0) - (first ?? 0) >= 990, `${second} - ${first}`)
  })

  test('429 with a date in Retry-After is not tried again before that', async () => {
    const wholeSecond = (): number => Math.ceil(Date.now() / 1000) * 1000 + 1000
    let untilMs = 0
    const server = await FaultServer.start((_, index) => {
      if (index > 0) return {}
      untilMs = wholeSecond()
      return { status: 503, headers: { 'retry-after': new Date(untilMs).toUTCString() } }
    })
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    // The answer's own date has whole seconds, so the wait may end within the second before.
    assert.ok((server.requests[1]?.atMs ?? 0) >= untilMs - 1000)
    assert.ok((server.requests[1]?.atMs ?? 0) - (server.requests[0]?.atMs ?? 0) >= 990)
  })

  test('429 without Retry-After is tried again with backoff', async () => {
    const server = await FaultServer.start((_, index) => ({ status: index < 5 ? 429 : 200 }))
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    assert.equal(server.requests.length, 6)
  })

  test('a Retry-After of hours is capped', async () => {
    const server = await FaultServer.start((_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '36000' } } : {},
    )
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      retry: { ...QUICK.retry, maxRetryAfter: 20 },
    })

    await bed.write(ONE)

    assert.equal(server.effects.length, 1)
  })

  test('are logged when a request has failed four times', async () => {
    const server = await FaultServer.start((_, index) => ({ status: index < 9 ? 500 : 200 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, circuitBreaker: false })

    await bed.write(ONE)

    const lines = bed.log.filter(({ message }) => message === 'an HTTP request is tried again')
    assert.deepEqual(
      lines.map(({ fields }) => fields?.['attempts']),
      [4, 8],
    )
    assert.deepEqual(
      [lines[0]?.fields?.['topic'], lines[0]?.fields?.['offset'], lines[0]?.fields?.['status']],
      ['orders', 0, 500],
    )
  })
})

describe('answers that refuse a record', () => {
  for (const status of [400, 404, 410, 413, 415, 422, 501]) {
    test(`${status} rejects it, with what the target said, and the others are written`, async () => {
      const server = await FaultServer.start(({ body }) =>
        body === '2' ? { status, body: 'value\n  is too\u0000 odd' } : {},
      )
      const bed = await Bed.open({ ...QUICK, url: `${server.url}/in?token=x` })

      await bed.write([1, 2, 3].map((value) => ({ key: `k${value}`, value })))

      assert.equal(server.effects.length, 2)
      const [rejected, more] = bed.rejected
      assert.equal(more, undefined)
      assert.equal(rejected?.offset, 1)
      const { error } = rejected
      assert.equal(error.code, 'MR_SINK_REJECTED')
      assert.equal(error.message, `POST ${server.url}/in answered ${status}`)
      assert.deepEqual(error.at, { topic: 'orders', partition: 3, offset: 1, attempts: 1, status })
      assert.ok(error.cause instanceof HttpAnswerError)
      assert.equal(error.cause.message, `status ${status}: value is too odd`)
      assert.ok(error.hint)
    })
  }

  test('413 says what to do', async () => {
    const server = await FaultServer.start(() => ({ status: 413 }))
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    assert.match(bed.rejected[0]?.error.hint ?? '', /too large.*batch\.maxRecords/)
  })

  test('a dead letter that cannot be written fails the write, and comes again', async () => {
    const broken = new Error('no broker')
    const failures = [broken]
    const server = await FaultServer.start(() => ({ status: 400 }))
    const bed = await Bed.open(
      { ...QUICK, url: server.url },
      {
        onReject: () => {
          const failure = failures.pop()
          return failure === undefined ? Promise.resolve() : Promise.reject(failure)
        },
      },
    )

    await assert.rejects(bed.write(ONE), broken)
    await bed.write(ONE)

    assert.deepEqual(
      bed.rejected.map(({ offset }) => offset),
      [0],
    )
  })
})

describe('409', () => {
  test('of a request under way is tried again', async () => {
    const server = await FaultServer.start((_, index) => ({ status: index < 3 ? 409 : 200 }))
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    assert.equal(server.requests.length, 4)
    assert.deepEqual(bed.rejected, [])
  })

  test('that stays is rejected after conflictTimeout', async () => {
    const server = await FaultServer.start(() => ({ status: 409 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, conflictTimeout: 30 })

    await bed.write(ONE)

    assert.equal(bed.rejected[0]?.error.at['status'], 409)
    assert.ok(server.requests.length > 1)
  })

  test('without a key is rejected at once', async () => {
    const server = await FaultServer.start(() => ({ status: 409 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, idempotencyKey: false })

    await bed.write(ONE)

    assert.equal(server.requests.length, 1)
    assert.equal(bed.rejected.length, 1)
  })
})

describe('answers that only a person can mend', () => {
  for (const status of [401, 403]) {
    test(`${status} ends the app with MR_SINK_FAILED, and rejects nothing`, async () => {
      const server = await FaultServer.start(() => ({ status, body: 'token expired' }))
      const bed = await Bed.open({ ...QUICK, url: server.url })

      const error = await bed.failure(ONE)

      assert.equal(error.code, 'MR_SINK_FAILED')
      assert.match(error.message, new RegExp(`answered ${status}$`))
      assert.match(error.hint ?? '', /credentials/)
      assert.ok(error.cause instanceof HttpAnswerError)
      assert.equal(error.cause.bodyExcerpt, 'token expired')
      assert.deepEqual(bed.rejected, [])
    })
  }

  test("onUnauthorized 'reject' takes 403 as a refusal of the record", async () => {
    const server = await FaultServer.start(() => ({ status: 403 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, onUnauthorized: 'reject' })

    await bed.write(ONE)

    assert.equal(bed.rejected.length, 1)
  })

  test("onUnauthorized 'retry' waits for new credentials", async () => {
    const server = await FaultServer.start((_, index) => ({ status: index < 3 ? 401 : 200 }))
    const bed = await Bed.open({ ...QUICK, url: server.url, onUnauthorized: 'retry' })

    await bed.write(ONE)

    assert.equal(server.effects.length, 1)
  })
})

describe('classify', () => {
  test('has the last word', async () => {
    const server = await FaultServer.start((_, index) =>
      index === 0 ? { status: 200, body: 'queue full' } : { status: 404 },
    )
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      classify: ({ status, body }, proposed) => {
        if (Buffer.from(body).toString() === 'queue full') return 'retry'
        return status === 404 ? 'done' : proposed
      },
    })

    await bed.write(ONE)

    assert.equal(server.requests.length, 2)
    assert.deepEqual(bed.rejected, [])
  })
})

describe('redirects', () => {
  const to = (location: string, status = 308) => ({ status, headers: { location } })

  test('end the app for POST, whose record another URL may take twice', async () => {
    const server = await FaultServer.start(() => to('/elsewhere'))
    const bed = await Bed.open({ ...QUICK, url: server.url })

    const error = await bed.failure(ONE)

    assert.equal(error.code, 'MR_SINK_FAILED')
    assert.match(error.hint ?? '', /redirects/)
    assert.equal(server.requests.length, 1)
  })

  test('307 and 308 within the origin are followed for PUT, with body, key and credentials', async () => {
    const server = await FaultServer.start(({ url }) =>
      url === '/a' ? to('/b', 307) : url === '/b' ? to('c?d=1') : {},
    )
    const bed = await Bed.open({
      ...QUICK,
      url: `${server.url}/a`,
      method: 'PUT',
      auth: { kind: 'bearer', token: 'secret-token' },
    })

    await bed.write(ONE)

    assert.deepEqual(
      server.requests.map(({ method, url, body, key, headers }) => {
        return [method, url, body, key, headers['authorization']].join(' ')
      }),
      ['/a', '/b', '/c?d=1'].map((url) => `PUT ${url} 1 app-http/orders/3/0 Bearer secret-token`),
    )
  })

  test('to another origin are not followed: it would get the credentials', async () => {
    const other = await FaultServer.start()
    const server = await FaultServer.start(() => to(`${other.url}/a`))
    const bed = await Bed.open({ ...QUICK, url: server.url, redirects: 'follow' })

    assert.equal((await bed.failure(ONE)).code, 'MR_SINK_FAILED')
    assert.deepEqual(other.requests, [])
    assert.equal(server.requests.length, 1)
  })

  for (const status of [301, 302, 303]) {
    test(`${status} is not followed: it would make a GET of it`, async () => {
      const server = await FaultServer.start(() => to('/b', status))
      const bed = await Bed.open({ ...QUICK, url: server.url, redirects: 'follow' })

      assert.equal((await bed.failure(ONE)).code, 'MR_SINK_FAILED')
      assert.equal(server.requests.length, 1)
    })
  }

  test('in a circle are followed five times', async () => {
    const server = await FaultServer.start(() => to('/again'))
    const bed = await Bed.open({ ...QUICK, url: server.url, redirects: 'follow' })

    assert.equal((await bed.failure(ONE)).code, 'MR_SINK_FAILED')
    assert.equal(server.requests.length, 6)
  })
})
