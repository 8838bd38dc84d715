import { FaultProxy } from '@millrace/testing'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { closeAfterTest } from './close-after.testkit.ts'
import { FaultServer } from './fault-server.testkit.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const ONE = [{ key: 'a', value: 1 }]
const delayed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a fault of the connection', () => {
  for (const reset of ['before', 'after'] as const) {
    test(`a reset ${reset} the effect is tried again under the same key`, async () => {
      const server = await FaultServer.start((_, index) => (index < 2 ? { reset } : undefined))
      const bed = await Bed.open({ ...QUICK, url: server.url })

      await bed.write(ONE)

      assert.equal(server.requests.length, 3)
      assert.equal(server.effects.length, 1)
      assert.equal(new Set(server.requests.map(({ key }) => key)).size, 1)
    })
  }

  test('a server that does not answer is given up after the time-out, and asked again', async () => {
    const server = await FaultServer.start((_, index) => (index === 0 ? { hang: true } : undefined))
    const bed = await Bed.open({ ...QUICK, url: server.url })

    await bed.write(ONE)

    assert.equal(server.effects.length, 1)
    assert.equal(server.requests.length, 2)
  })

  test('tells in the end what it was', async () => {
    const server = await FaultServer.start(() => ({ hang: true }))
    const bed = await Bed.open({ ...QUICK, url: server.url, deliveryTimeout: 1 })

    const error = await bed.failure(ONE)

    assert.equal(error.code, 'MR_SINK_UNAVAILABLE')
    assert.equal(error.message, `POST ${server.url}/: no answer within 300 ms`)
    assert.deepEqual(error.at, { topic: 'orders', partition: 3, offset: 0, attempts: 1 })
  })

  for (const half of ['stalls', 'breaks'] as const) {
    test(`an answer of 200 whose body ${half} is a success, for its status was there`, async () => {
      const server = await FaultServer.start(() => ({ half }))
      const seen: unknown[] = []
      const bed = await Bed.open({
        ...QUICK,
        url: server.url,
        responseTopic: 'answers',
        onResponse: ({ isTruncated, body }) => {
          seen.push([isTruncated, Buffer.from(body).toString()])
          return undefined
        },
      })

      await bed.write(ONE)

      assert.deepEqual(seen, [[true, '{"half":']])
      assert.equal(server.requests.length, 1)
    })

    test(`an answer of 503 whose body ${half} is tried again`, async () => {
      const server = await FaultServer.start((_, index) =>
        index === 0 ? { half, status: 503 } : {},
      )
      const bed = await Bed.open({ ...QUICK, url: server.url })

      await bed.write(ONE)

      assert.equal(server.requests.length, 2)
    })
  }

  test('a large answer is cut to what is kept, and the connection is used again', async () => {
    const server = await FaultServer.start(() => ({ body: 'x'.repeat(100_000) }))
    let kept = 0
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      order: 'partition',
      maxResponseBytes: 1000,
      responseTopic: 'answers',
      onResponse: ({ body, isTruncated }) => {
        assert.ok(isTruncated)
        kept = body.length
        return undefined
      },
    })

    await bed.write(Array.from({ length: 20 }, () => ONE).flat())

    assert.equal(kept, 1000)
    assert.equal(server.requests.length, 20)
    assert.ok(server.connections < 6, `${server.connections} connections`)
  })

  test('an answer without end costs its connection, and no memory', async () => {
    const server = await FaultServer.start(() => ({ body: 'x'.repeat(20_000_000) }))
    const bed = await Bed.open({ ...QUICK, url: server.url, order: 'partition' })

    await bed.write([...ONE, ...ONE])

    assert.equal(server.effects.length, 2)
    assert.ok(server.connections > 2, `${server.connections} connections`) // one was tried when it opened
  })

  test('connections that the server ends between two requests are no failure', async () => {
    const server = await FaultServer.start()
    const proxy = await proxyOf(server)
    const bed = await Bed.open({ ...QUICK, url: `http://${proxy.host}:${proxy.port}/` })

    for (let n = 0; n < 20; n++) {
      await bed.write([{ key: 'a', value: n }], n)
      proxy.cut()
    }

    assert.equal(server.effects.length, 20)
    assert.deepEqual(bed.rejected, [])
  })

  test('a target that is cut off for a while gets all of it afterwards', async () => {
    const server = await FaultServer.start()
    const proxy = await proxyOf(server)
    const bed = await Bed.open({
      ...QUICK,
      url: `http://${proxy.host}:${proxy.port}/`,
      circuitBreaker: { failures: 3, openFor: 20 },
    })
    await bed.write(ONE)

    await proxy.refuse()
    const writing = bed.write([...ONE, { key: 'b', value: 2 }], 1)
    await delayed(200)
    await proxy.resume()
    await writing

    assert.equal(server.effects.length, 3)
  })
})

describe('giving up', () => {
  test('a partition that is taken away ends requests under way at once', async () => {
    const server = await FaultServer.start(() => ({ hang: true }))
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      timeouts: { headers: '1 minute' },
    })
    const writing = bed.failure([...ONE, { key: 'b', value: 2 }])
    while (server.requests.length < 2) await delayed(5)

    const beganMs = Date.now()
    bed.revoked.abort()
    const error = await writing

    assert.equal(error.code, 'MR_SINK_UNAVAILABLE')
    assert.match(error.message, /given up/)
    assert.ok(Date.now() - beganMs < 1000)
    while (server.openConnections > 0) await delayed(5)
  })

  test('so does the end of the writer, and waits end too', async () => {
    const server = await FaultServer.start(() => ({
      ...{ status: 503, headers: { 'retry-after': '60' } },
    }))
    const bed = await Bed.open({ ...QUICK, url: server.url })
    const writing = bed.failure(ONE)
    while (server.requests.length < 1) await delayed(5)
    await delayed(20)

    await bed.closeWriter()

    assert.equal((await writing).code, 'MR_SINK_UNAVAILABLE')
  })

  test('a sink that is closed has no connections', async () => {
    const server = await FaultServer.start()
    const bed = await Bed.open({ ...QUICK, url: server.url })
    await bed.write(ONE)

    await bed.sink.close()

    while (server.openConnections > 0) await delayed(5)
  })
})

async function proxyOf(server: FaultServer): Promise<FaultProxy> {
  const proxy = await FaultProxy.start({ port: server.port })
  closeAfterTest(() => proxy.close())
  return proxy
}
