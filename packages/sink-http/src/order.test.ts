import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const offsetsOf = (server: FaultServer, key?: string): readonly number[] =>
  server.effects
    .map(({ body }) => JSON.parse(body) as { key: string; n: number }) // as record() makes it
    .filter((it) => key === undefined || it.key === key)
    .map(({ n }) => n)

const record = (key: string, n: number) => ({ key, value: { key, n } })
const ascending = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

test('a key that is tried again holds up its own records only', async () => {
  const order: string[] = []
  let failures = 5
  const server = await FaultServer.start(({ body }) => {
    const { key } = JSON.parse(body) as { key: string }
    if (key === 'slow' && failures-- > 0) return { status: 503 }
    order.push(key)
    return {}
  })
  const bed = await Bed.open(
    {
      ...QUICK,
      url: server.url,
      retry: { initialBackoff: 20, maxBackoff: 20 },
    },
    { random: () => 1 },
  )

  await bed.write([record('slow', 0), record('slow', 1), record('a', 2), record('b', 3)])

  assert.deepEqual(order.slice(0, 2).sort(), ['a', 'b'])
  assert.deepEqual(offsetsOf(server, 'slow'), [0, 1])
})

test('records of a key come in their order, over batches that are under way together', async () => {
  let n = 0
  const server = await FaultServer.start(() => {
    n++
    if (n % 7 === 0) return { status: 503 }
    return n % 11 === 0 ? { reset: 'after' } : {}
  })
  const bed = await Bed.open({ ...QUICK, url: server.url, circuitBreaker: false })
  const batches = ascending(4).map((batch) =>
    ascending(50).map((i) => record(`k${i % 5}`, batch * 50 + i)),
  )

  await Promise.all(batches.map((batch, i) => bed.write(batch, i * 50)))

  for (const key of ['k0', 'k1', 'k2', 'k3', 'k4']) {
    const offsets = offsetsOf(server, key)
    assert.equal(offsets.length, 40)
    assert.deepEqual(
      offsets,
      [...offsets].sort((a, b) => a - b),
      key,
    )
  }
})

test("order 'partition' sends one request after the other", async () => {
  const server = await FaultServer.start(() => {
    return { stallUntil: delayed(2), takesEffect: true }
  })
  const bed = await Bed.open({ ...QUICK, url: server.url, order: 'partition' })

  await bed.write(ascending(30).map((n) => record(`k${n}`, n)))

  assert.equal(server.mostUnderWay, 1)
  assert.deepEqual(offsetsOf(server), ascending(30))
})

test('no more than maxInFlight requests are under way, and as many connections', async () => {
  const server = await FaultServer.start(() => {
    return { stallUntil: delayed(20), takesEffect: true }
  })
  const bed = await Bed.open({ ...QUICK, url: server.url, order: 'none', maxInFlight: 5 })

  await bed.write(ascending(100).map((n) => record(`k${n}`, n)))

  assert.equal(server.mostUnderWay, 5)
  assert.ok(server.connections <= 6, `${server.connections} connections`) // one was tried when it opened
})

test('a batch that comes after one that failed does not overtake it', async () => {
  let isDown = true
  const server = await FaultServer.start(() => ({ status: isDown ? 503 : 200 }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    deliveryTimeout: 30,
    circuitBreaker: false,
  })
  const [first, second] = [[record('a', 0)], [record('a', 1)]]

  const errors = await Promise.all([bed.failure(first, 0), bed.failure(second, 1)])
  isDown = false
  const early = await bed.failure(second, 1)
  await bed.write(first, 0)
  await bed.write(second, 1)

  assert.deepEqual(
    [...errors, early].map(({ code }) => code),
    ['MR_SINK_UNAVAILABLE', 'MR_SINK_UNAVAILABLE', 'MR_SINK_UNAVAILABLE'],
  )
  assert.deepEqual(offsetsOf(server), [0, 1])
})

test('a rate limit spreads requests', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    rateLimit: { requests: 10, per: 100, burst: 2 },
  })
  const beganMs = Date.now()

  await bed.write(ascending(12).map((n) => record(`k${n}`, n)))

  // Two at once, then one each 10 ms.
  assert.ok(Date.now() - beganMs >= 95, `${Date.now() - beganMs} ms`)
  assert.equal(server.effects.length, 12)
})

test('nothing is under way when a write has failed', async () => {
  const server = await FaultServer.start(({ body }) =>
    body.includes('"n":0') ? { status: 401 } : { stallUntil: delayed(100), takesEffect: false },
  )
  const bed = await Bed.open({ ...QUICK, url: server.url })

  await bed.failure(ascending(5).map((n) => record(`k${n}`, n)))
  const effects = server.effects.length
  await delayed(150)

  assert.equal(server.effects.length, effects)
})

const delayed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
