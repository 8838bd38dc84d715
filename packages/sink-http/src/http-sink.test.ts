import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { httpSink } from './http-sink.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

test('each record is one POST with its value as JSON and its coordinates as the key', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open({ url: `${server.url}/orders` })

  await bed.write([
    { key: 'a', value: { amount: 1 } },
    { key: 'b', value: { amount: 2 } },
    { key: 'b', value: { amount: 3 }, offset: 1, index: 1 },
  ])

  const seen = server.requests
    .map(({ method, url, headers, body }) => {
      return [method, url, headers['content-type'], headers['idempotency-key'], body]
    })
    .sort()
  assert.deepEqual(seen, [
    ['POST', '/orders', 'application/json', '"app-http/orders/3/0"', '{"amount":1}'],
    ['POST', '/orders', 'application/json', '"app-http/orders/3/1"', '{"amount":2}'],
    ['POST', '/orders', 'application/json', '"app-http/orders/3/1/1"', '{"amount":3}'],
  ])
  assert.deepEqual(bed.rejected, [])
})

test('a record that no request can be made of is rejected, and the others are written', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open<{ id?: string }>({
    ...QUICK,
    url: `${server.url}/{value.id}`,
    method: 'PUT',
  })

  await bed.write([{ value: { id: 'a' } }, { value: {} }, { value: { id: '..' } }])

  assert.deepEqual(
    server.effects.map(({ url }) => url),
    ['/a'],
  )
  assert.deepEqual(bed.rejected.map(({ offset }) => offset).sort(), [1, 2])
  for (const { error } of bed.rejected) {
    assert.equal(error.message, 'No request can be made of the record')
    assert.ok(error.cause instanceof Error)
    assert.deepEqual([error.at['topic'], error.at['partition']], ['orders', 3])
  }
})

test('an exception of a function of the options rejects its record', async () => {
  const boom = new Error('boom')
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    body: ({ offset }) => {
      if (offset === 1) throw boom
      return 'x'
    },
  })

  await bed.write([{ value: 1 }, { value: 2 }])

  assert.equal(bed.rejected[0]?.error.cause, boom)
  assert.equal(server.effects.length, 1)
})

describe('tombstones', () => {
  const RECORDS = [
    { key: 'a', value: 1 },
    { key: 'a', value: null },
  ]
  const run = async (onTombstone?: 'fail' | 'send' | 'ignore' | 'delete') => {
    const server = await FaultServer.start()
    const bed = await Bed.open({
      ...QUICK,
      ...(onTombstone === undefined ? {} : { onTombstone }),
      url: `${server.url}/{key}`,
      method: 'PUT',
    })
    await bed.write(RECORDS)
    return {
      sent: server.effects.map(({ method, body }) => `${method} ${body}`),
      errors: bed.rejected.map(({ error }) => error),
    }
  }

  test('are rejected with an explanation when nobody said what they mean', async () => {
    const { sent, errors } = await run()
    assert.deepEqual(sent, ['PUT 1'])
    assert.match(errors[0]?.message ?? '', /tombstone/)
    assert.match(errors[0]?.hint ?? '', /onTombstone/)
  })

  test('may be deletions, after the records of their key', async () => {
    const { sent, errors } = await run('delete')
    assert.deepEqual([sent, errors], [['PUT 1', 'DELETE '], []])
  })

  test('may be ignored, or sent', async () => {
    assert.deepEqual((await run('ignore')).sent, ['PUT 1'])
    assert.deepEqual((await run('send')).sent, ['PUT 1', 'PUT null'])
  })
})

describe('answers as records', () => {
  test('are emitted before the batch is acknowledged', async () => {
    const server = await FaultServer.start(({ body }) => ({
      status: 201,
      headers: { 'x-id': `id-${body}` },
      body: JSON.stringify({ got: body }),
    }))
    const bed = await Bed.open<number>({
      ...QUICK,
      url: server.url,
      responseTopic: 'answers',
      onResponse: ({ status, headers, body, isTruncated }, { key, value }) =>
        value === 2
          ? undefined
          : {
              key,
              value: Buffer.from(body),
              headers: { id: headers['x-id'] ?? '', meta: `${status} ${isTruncated}` },
            },
    })

    await bed.write([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ])

    assert.deepEqual(bed.sink.capabilities.emitsTo, ['answers'])
    assert.deepEqual(bed.emitted, [
      {
        topic: 'answers',
        key: Buffer.from('a'),
        value: Buffer.from('{"got":"1"}'),
        headers: [
          { key: 'id', value: Buffer.from('id-1') },
          { key: 'meta', value: Buffer.from('201 false') },
        ],
      },
    ])
  })

  test('that nothing can be made of reject their record, and say that it was taken', async () => {
    const boom = new Error('boom')
    const server = await FaultServer.start()
    const bed = await Bed.open({
      ...QUICK,
      url: server.url,
      responseTopic: 'answers',
      onResponse: () => {
        throw boom
      },
    })

    await bed.write([{ value: 1 }])

    assert.equal(bed.rejected[0]?.error.cause, boom)
    assert.match(bed.rejected[0].error.message, /took the record/)
  })
})

describe('opening', () => {
  test('says that a target is away, and may be tried again', async () => {
    const server = await FaultServer.start()
    const { url } = server
    await server.close()
    const bed = Bed.create({ ...QUICK, url: `${url}/a?token=1` })

    await assert.rejects(bed.openSink(), {
      code: 'MR_SINK_UNAVAILABLE',
      message: `${url}: ECONNREFUSED`,
    })
    await assert.rejects(bed.openSink(), { code: 'MR_SINK_UNAVAILABLE' })
  })

  test('does not connect where a record chooses the host', async () => {
    const bed = Bed.create({ ...QUICK, url: 'http://{key}.invalid/' })
    await bed.openSink()
  })

  test('a claim before it is a mistake', () => {
    const bed = Bed.create({ ...QUICK, url: 'http://localhost' })
    assert.throws(
      () =>
        bed.sink.claim({
          ...{ topic: 't', partition: 0, initialOffset: 0, signal: bed.revoked.signal },
        }),
      TypeError,
    )
  })
})

test('functions of the options get what one request is made of', () => {
  const ofRecord = httpSink<string, number>({
    url: ({ key }) => `http://h/${key.length}`,
    body: ({ value }) => value.toFixed(1),
  })
  const ofBatch = httpSink<string, number>({
    url: ({ firstOffset }) => `http://h/${firstOffset.toFixed(0)}`,
    body: ({ records }) => records.map(({ value }) => value.toFixed(1)).join(),
    batch: { maxRecords: 10 },
  })
  assert.deepEqual([ofRecord.kind, ofBatch.kind], ['http', 'http'])
})
