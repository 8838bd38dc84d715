import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '@millrace/trial'
import { type Fault, randomFaults } from './faults.ts'
import { UnreliableEndpoint } from './unreliable-endpoint.ts'

async function started(
  t: TestContext,
  ...faults: (Fault | undefined)[]
): Promise<UnreliableEndpoint> {
  const endpoint = await UnreliableEndpoint.start({ nextFault: () => faults.shift() })
  t.after(() => endpoint.close())
  return endpoint
}

/** The status, or 0 when there was no answer. */
async function post({ url }: UnreliableEndpoint, key: string | undefined): Promise<number> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
  const body = JSON.stringify({ user: 'ann', minute: 'm', failures: 5 })
  try {
    const signal = AbortSignal.timeout(200)
    return (await fetch(url, { method: 'POST', headers, body, signal })).status
  } catch {
    return 0
  }
}

test('a request that comes again under its key has no second effect', async (t) => {
  const endpoint = await started(t)
  assert.deepEqual([await post(endpoint, 'a'), await post(endpoint, 'a')], [204, 204])
  assert.equal(await post(endpoint, 'b'), 204)
  const { size, repeats } = endpoint.ledger
  assert.deepEqual([size, repeats, endpoint.requests], [2, 1, 3])
})

test('a request without a key is refused', async (t) => {
  const endpoint = await started(t)
  assert.equal(await post(endpoint, undefined), 400)
  assert.equal(endpoint.ledger.size, 0)
})

for (const [kind, status] of [
  ['error', 503],
  ['reset', 0],
  ['silence', 0],
  ['too many requests', 429],
] as const) {
  test(`${kind}: with or without the effect, as the fault says`, async (t) => {
    const endpoint = await started(t, { kind, processed: false }, { kind, processed: true })
    assert.equal(await post(endpoint, 'a'), status)
    assert.equal(endpoint.ledger.size, 0)
    assert.equal(await post(endpoint, 'a'), status)
    assert.equal(endpoint.ledger.size, 1)
    assert.deepEqual([...endpoint.faults], [[kind, 2]])
  })
}

test('faults are as many as their share', () => {
  const next = randomFaults(0.1, seededRandom(1))
  const faults = Array.from({ length: 10_000 }, next).filter((fault) => fault !== undefined)
  assert.ok(faults.length > 900 && faults.length < 1100, String(faults.length))
  assert.equal(new Set(faults.map(({ kind, processed }) => `${kind} ${processed}`)).size, 7)
})
