import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const RECORDS = ['a', 'b', 'c', 'd'].map((key, value) => ({ key, value }))

test('a request that is not taken in time gives the batch back, and what was delivered is not sent again', async () => {
  let isMended = false
  const server = await FaultServer.start(({ body }) => ({
    status: body === '1' && !isMended ? 500 : 200,
  }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    deliveryTimeout: 50,
    circuitBreaker: false,
  })

  const error = await bed.failure(RECORDS)
  isMended = true
  await bed.write(RECORDS)

  assert.deepEqual([error.code, error.action], ['MR_SINK_UNAVAILABLE', 'retry'])
  assert.deepEqual([error.at['offset'], error.at['status']], [1, 500])
  assert.equal(server.effects.length, 4)
  assert.equal(server.duplicates, 0)
  assert.deepEqual(bed.rejected, [])
})

test("onDeliveryTimeout 'reject' rejects it, with the number of attempts", async () => {
  const server = await FaultServer.start(({ body }) => ({ status: body === '1' ? 500 : 200 }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    deliveryTimeout: 500,
    onDeliveryTimeout: 'reject',
    circuitBreaker: false,
  })

  await bed.write(RECORDS)

  const [rejected] = bed.rejected
  assert.equal(rejected?.offset, 1)
  assert.match(rejected.error.message, /answered 500, and deliveryTimeout \(500 ms\) has passed/)
  assert.ok(Number(rejected.error.at['attempts']) > 1)
  assert.equal(server.effects.length, 3)
})

test('the time that the circuit is open is none of the record', async () => {
  let isDown = true
  const server = await FaultServer.start(() => ({ status: isDown ? 503 : 200 }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    deliveryTimeout: 1000,
    onDeliveryTimeout: 'reject',
    circuitBreaker: { failures: 2, openFor: 1500 },
  })

  const writing = bed.write(RECORDS)
  setTimeout(() => (isDown = false), 1200)
  await writing

  assert.deepEqual(bed.rejected, [])
  assert.equal(server.effects.length, 4)
})

test('a circuit that is open asks one request at a time, and says so', async () => {
  let isDown = true
  const server = await FaultServer.start(() => ({ status: isDown ? 503 : 200 }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    circuitBreaker: { failures: 4, openFor: 30 },
  })

  const writing = bed.write(RECORDS)
  setTimeout(() => (isDown = false), 200)
  await writing

  // 4 to open it, some 7 probes, and those that succeed.
  assert.ok(server.requests.length < 20, `${server.requests.length} requests`)
  const messages = new Set(bed.log.map(({ message }) => message))
  assert.ok(messages.has('an HTTP target is asked no more for a while'))
  assert.ok(messages.has('an HTTP target is asked again'))
})

test('circuits of other origins stay closed', async () => {
  const down = await FaultServer.start(() => ({ status: 503 }))
  const up = await FaultServer.start()
  const bed = await Bed.open<string>({
    ...QUICK,
    url: ({ value }) => value,
    deliveryTimeout: 200,
    circuitBreaker: { failures: 1, openFor: '1 minute' },
  })

  const error = await bed.failure([
    { key: 'a', value: down.url },
    ...['b', 'c', 'd'].map((key) => ({ key, value: up.url })),
  ])

  assert.match(error.message, /target has failed too often/)
  assert.match(String(error.cause), /answered 503/)
  assert.equal(up.effects.length, 3)
})
