import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectingContext, record, runProcessor } from '../../processor/collect.testkit.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { serdes } from '../../serde/serdes.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { waitingRecords } from '../../state/waiting-records.ts'
import { streamTableGraceJoin } from './stream-table-grace-join.ts'

const waiting = waitingRecords('wait', { key: serdes.string, value: serdes.string })
const stores = [waiting]

/** Rows say for which time they were asked; there are none for times before 5. */
const table: ValueGetterSupplier<string, string> = {
  storeNames: ['rows'],
  create: () => ({
    isVersioned: true,
    get: (key, asOfMs = -1) => (asOfMs < 5 ? null : valueAndTimestamp(`${key}@${asOfMs}`, 5)),
  }),
}
const parts = {
  table,
  joiner: (left: string, right: string | null, key: string) => `${key}:${left}+${right}`,
  isLeft: false,
  waiting,
  graceMs: 10,
}
const inner = streamTableGraceJoin(parts)
const left = streamTableGraceJoin({ ...parts, isLeft: true })

test('a record waits until stream time is the grace period beyond it; earlier ones go first', async () => {
  const input = [
    record('a', '1', 20),
    record('b', '2', 15),
    record('a', '3', 29),
    record('a', '4', 30),
  ]
  const { context } = await runProcessor(inner, input, { stores })

  assert.deepEqual(context.forwarded, [record('b', 'b:2+b@15', 15), record('a', 'a:1+a@20', 20)])
})

test('one that comes later than that is joined at once, and lets nothing else go', async () => {
  const input = [record('a', '1', 30), record('a', '2', 19), record('a', '3', 20)]
  const { context } = await runProcessor(inner, input, { stores })

  assert.deepEqual(context.forwarded, [record('a', 'a:2+a@19', 19), record('a', 'a:3+a@20', 20)])
  assert.equal(context.origins.length, 1)
})

test('without a grace to speak of every record goes at once', async () => {
  const now = streamTableGraceJoin({ ...parts, graceMs: 0 })
  const { context } = await runProcessor(now, [record('a', '1', 9), record('a', '2', 7)], {
    stores,
  })

  assert.deepEqual(context.forwarded, [record('a', 'a:1+a@9', 9), record('a', 'a:2+a@7', 7)])
})

test('a record leaves as what it was, with its own headers and place', async () => {
  const headers = [{ key: 'h', value: Buffer.from('1') }]
  const { context } = await runProcessor(
    inner,
    [record('a', '1', 20, headers), record('a', '2', 40)],
    {
      stores,
    },
  )

  assert.deepEqual(context.forwarded, [record('a', 'a:1+a@20', 20, headers)])
  assert.deepEqual(context.origins, [{ topic: 'in', partition: 0, offset: 0 }])
})

test('an inner join leaves out what has no row, a left join joins it with null', async () => {
  const input = [record('a', '1', 4), record('a', '2', 40)]

  assert.deepEqual((await runProcessor(inner, input, { stores })).context.forwarded, [])
  assert.deepEqual((await runProcessor(left, input, { stores })).context.forwarded, [
    record('a', 'a:1+null', 4),
  ])
})

test('null keys and values are dropped; a left join fails for a null key, as in Kafka Streams', async () => {
  type Keyed = StreamRecord<string, string>
  const noKey = record(null, '1', 20) as unknown as Keyed // what a topic may hold all the same
  const noValue = record('a', null, 21) as unknown as Keyed
  const { context } = await runProcessor(inner, [noKey, noValue], { stores })

  assert.deepEqual(context.dropped, ['null-key', 'null-value'])
  await assert.rejects(runProcessor(left, [noKey], { stores }), /got a record without a key/)
})

test('records leave one after the other when what is downstream is asynchronous', async () => {
  const context = new CollectingContext<string, string>({ stores, isAsync: true })
  const join = inner()
  await join.init?.(context)
  for (const one of [record('a', '1', 20), record('a', '2', 21), record('a', '3', 60)]) {
    await join.process(one, context)
  }

  assert.deepEqual(context.forwarded, [record('a', 'a:1+a@20', 20), record('a', 'a:2+a@21', 21)])
  assert.equal(context.mostInFlight, 1)
})
