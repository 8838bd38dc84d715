import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import type { HttpBatchSinkOptions } from './http-sink-options.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const records = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ key: `k${n}`, value: from + n }))
const valuesOf = (server: FaultServer): readonly number[] =>
  server.effects.flatMap(({ body }) => JSON.parse(body) as number[]) // values are numbers

test('batches are one request, under a key of their first and last offset', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: `${server.url}/{topic}/{partition}?from={firstOffset}&to={lastOffset}`,
    batch: { maxRecords: 4 },
  })

  await bed.write(records(4, 8), 8)

  assert.deepEqual(
    server.requests.map(({ url, key, body }) => [url, key, body]),
    [['/orders/3?from=8&to=11', 'app-http/orders/3/8-11', '[8,9,10,11]']],
  )
  assert.deepEqual(bed.sink.capabilities, {
    ...{ tier: 'at-least-once', alignedBatches: true },
    ...{ proposedMaxRecords: 4, maxBatchesInFlight: 1 },
  })
})

test('batches are made by functions of the batch', async () => {
  const server = await FaultServer.start()
  const options: HttpBatchSinkOptions<string | null, number> = {
    ...QUICK,
    url: ({ partition }) => `${server.url}/p${partition}`,
    method: () => 'PUT',
    headers: {
      'content-type': 'application/x-ndjson',
      'x-count': (it) => `${it.records.length}`,
    },
    body: (it) => it.records.map(({ value }) => `${value}\n`).join(''),
    idempotencyKey: { key: ({ firstOffset }) => `mine-${firstOffset}` },
    batch: { maxRecords: 3 },
  }
  const bed = await Bed.open(options)

  await bed.write(records(3))

  const [request] = server.requests
  assert.deepEqual(
    [request?.method, request?.url, request?.body, request?.key, request?.headers['x-count']],
    ['PUT', '/p3', '0\n1\n2\n', 'mine-0', '3'],
  )
})

test('batches that are tried again have the same key and content', async () => {
  const server = await FaultServer.start((_, index) =>
    index === 0 ? { reset: 'after' } : index === 1 ? { status: 503 } : {},
  )
  const bed = await Bed.open({ ...QUICK, url: server.url, batch: { maxRecords: 5 } })

  await bed.write(records(5))

  assert.equal(new Set(server.requests.map(({ key, body }) => key + body)).size, 1)
  assert.deepEqual([server.effects.length, server.duplicates], [1, 1])
})

for (const status of [400, 413, 422]) {
  test(`batches that are refused with ${status} are halved until the bad records are known`, async () => {
    const server = await FaultServer.start(({ body }) =>
      (JSON.parse(body) as number[]).some((n) => n === 3 || n === 6) ? { status } : {},
    )
    const bed = await Bed.open({ ...QUICK, url: server.url, batch: { maxRecords: 8 } })

    await bed.write(records(8))

    assert.deepEqual(
      bed.rejected.map(({ offset, error }) => [offset, error.at['offset'], error.at['status']]),
      [
        [3, 3, status],
        [6, 6, status],
      ],
    )
    assert.deepEqual(valuesOf(server), [0, 1, 2, 4, 5, 7])
  })
}

test('batches whose halves fail later are halved in the same way after a restart, under the same keys', async () => {
  const run = async (server: FaultServer): Promise<void> => {
    const bed = await Bed.open({ ...QUICK, url: server.url, batch: { maxRecords: 8 } })
    await bed.write(records(8))
  }
  const server = await FaultServer.start(({ body }) =>
    (JSON.parse(body) as number[]).includes(5) ? { status: 422 } : {},
  )

  await run(server)
  const once = server.effects.length
  await run(server)

  assert.equal(server.effects.length, once)
  assert.deepEqual(valuesOf(server), [0, 1, 2, 3, 4, 6, 7])
})

test('batches that are refused as a whole reject each record', async () => {
  const server = await FaultServer.start(() => ({ status: 404 }))
  const bed = await Bed.open({ ...QUICK, url: server.url, batch: { maxRecords: 3 } })

  await bed.write(records(3))

  assert.equal(server.requests.length, 1)
  assert.deepEqual(
    bed.rejected.map(({ error }) => error.at['offset']),
    [0, 1, 2],
  )
})

test('batches whose answer tells of each record send only those again that are to be', async () => {
  const server = await FaultServer.start(({ body }, index) => ({
    status: 207,
    body: JSON.stringify(
      (JSON.parse(body) as number[]).map((n) =>
        n === 1 ? 'bad' : index === 0 && n > 1 ? 'busy' : 'ok',
      ),
    ),
  }))
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    batch: {
      maxRecords: 4,
      outcomes: ({ body }) =>
        (JSON.parse(Buffer.from(body).toString()) as string[]).map((it) =>
          it === 'bad' ? { reject: 'a bad one' } : it === 'busy' ? 'retry' : 'done',
        ),
    },
  })

  await bed.write(records(4))

  assert.deepEqual(
    server.requests.map(({ body, key }) => [body, key.replace(/[\da-f]{16}$/, '…')]),
    [
      ['[0,1,2,3]', 'app-http/orders/3/0-3'],
      ['[2,3]', 'app-http/orders/3/2-3'],
    ],
  )
  assert.equal(bed.rejected[0]?.offset, 1)
  assert.match(String(bed.rejected[0].error.cause), /a bad one/)
})

test('batches with gaps have keys of their own', async () => {
  let isFirst = true
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    batch: {
      maxRecords: 4,
      outcomes: (_, { records: sent }) => {
        const outcomes = sent.map((_, i) => (isFirst && i !== 1 ? 'retry' : 'done'))
        isFirst = false
        return outcomes
      },
    },
  })

  await bed.write(records(4))

  const [first, second] = server.requests
  assert.equal(first?.key, 'app-http/orders/3/0-3')
  assert.match(second?.key ?? '', /^app-http\/orders\/3\/0-3\/[\da-f]{16}$/)
  assert.equal(second?.body, '[0,2,3]')
})

test('an answer with too few outcomes ends the app', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    batch: { maxRecords: 2, outcomes: () => ['done'] },
  })

  const error = await bed.failure(records(2))

  assert.deepEqual(
    [error.code, error.message],
    ['MR_SINK_FAILED', 'batch.outcomes gave 1 outcomes for 2 records'],
  )
})

test('batches leave tombstones out, which are rejected, ignored or sent', async () => {
  const withTombstone = [{ value: 1 }, { value: null }, { value: 2 }]
  const run = async (onTombstone: 'fail' | 'ignore' | 'send'): Promise<unknown> => {
    const server = await FaultServer.start()
    const bed = await Bed.open({
      ...QUICK,
      ...{ url: server.url, onTombstone, batch: { maxRecords: 3 } },
    })
    await bed.write(withTombstone)
    return [server.requests.map(({ body }) => body), bed.rejected.map(({ offset }) => offset)]
  }
  assert.deepEqual(await run('fail'), [['[1,2]'], [1]])
  assert.deepEqual(await run('ignore'), [['[1,2]'], []])
  assert.deepEqual(await run('send'), [['[1,null,2]'], []])
})

test('a record that no request can be made of is rejected alone', async () => {
  const server = await FaultServer.start()
  const bed = await Bed.open({
    ...QUICK,
    url: server.url,
    batch: { maxRecords: 4 },
  })

  await bed.write([{ value: 1 }, { value: 2n }, { value: 3 }, { value: Uint8Array.of(1) }])

  assert.deepEqual(valuesOf(server), [1, 3])
  assert.deepEqual(
    bed.rejected.map(({ offset }) => offset),
    [1, 3],
  )
})
