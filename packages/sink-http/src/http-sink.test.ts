import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

test('each record is one POST with its value as JSON and its coordinates as the key', async () => {
  await using server = await FaultServer.start()
  await using bed = await Bed.open({ url: `${server.url}/orders` })

  await bed.write([
    { key: 'a', value: { amount: 1 } },
    { key: 'b', value: { amount: 2 } },
  ])

  const seen = server.requests
    .map(({ method, url, headers, body }) => [
      ...[method, url, headers['content-type'], headers['idempotency-key'], body],
    ])
    .sort()
  assert.deepEqual(seen, [
    ['POST', '/orders', 'application/json', '"app-http/orders/3/0"', '{"amount":1}'],
    ['POST', '/orders', 'application/json', '"app-http/orders/3/1"', '{"amount":2}'],
  ])
  assert.deepEqual(bed.rejected, [])
})

test('statuses that pass are tried again, with the same key and body', async () => {
  const statuses = [500, 502, 503, 504, 429, 408, 425, 409, 507]
  await using server = await FaultServer.start((_, index) => ({ status: statuses[index] ?? 201 }))
  await using bed = await Bed.open({ ...QUICK, url: server.url, circuitBreaker: false })

  await bed.write([{ key: 'a', value: 1 }])

  assert.equal(server.requests.length, statuses.length + 1)
  assert.equal(new Set(server.requests.map(({ key, body }) => `${key} ${body}`)).size, 1)
  assert.equal(server.effects.length, 1)
})
