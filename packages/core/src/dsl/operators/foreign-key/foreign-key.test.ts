import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { murmur3 } from '../../../base/murmur3.ts'
import { type CollectingContext, record, runProcessor } from '../../../processor/collect.testkit.ts'
import type { ProcessorSupplier } from '../../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../../processor/value-getter.ts'
import { Change } from '../../../record/change.ts'
import type { Headers } from '../../../record/headers.ts'
import type { StreamRecord } from '../../../record/stream-record.ts'
import { serdes } from '../../../serde/serdes.ts'
import type { SubscriptionResponse } from '../../../serde/subscription-response-serde.ts'
import type { Subscription, SubscriptionInstruction } from '../../../serde/subscription-serde.ts'
import type { ValueAndTimestamp } from '../../../state/key-value-store.ts'
import { valueAndTimestamp } from '../../../state/timestamped-key-value-store.ts'
import { answer } from './answer.ts'
import { combinedKey, combinedKeyPrefix, type KeySchema, subscriptionStore } from './protocol.ts'
import { receive } from './receive.ts'
import { resolve } from './resolve.ts'
import { subscribe } from './subscribe.ts'
import { update } from './update.ts'

type Text = string | null

const text = serdes.string
const keys: KeySchema<string, string> = {
  registration: 'reg-topic',
  primaryKey: text,
  foreignKey: text,
}
const header: Headers = [{ key: 'h', value: null }]
const bytes = (value: string): Buffer => Buffer.from(value)
const hash = (value: string): Buffer => murmur3(bytes(value))
/** The first letter; none for a minus. */
const foreignKey = (value: string): Text => (value.startsWith('-') ? null : value.slice(0, 1))
const change = (after: Text, before: Text = null, isLatest = true): Change<string> =>
  new Change(after, before, isLatest)

const subscription = (
  instruction: SubscriptionInstruction,
  of: Text,
  primaryKey = 'k',
): Subscription => ({
  instruction,
  hash: of === null ? null : hash(of),
  primaryKey: bytes(primaryKey),
  primaryPartition: 0,
})
const response = (of: Text, value: Text): SubscriptionResponse<string> => ({
  hash: of === null ? null : hash(of),
  value,
  primaryPartition: 0,
})
const getter = (
  rows: Readonly<Record<string, ValueAndTimestamp<string>>>,
): ValueGetterSupplier<string, string> => ({
  storeNames: [],
  create: () => ({ get: (key) => rows[key] ?? null }),
})

describe('subscribe', () => {
  const asked = async (
    input: Change<string>,
    { isLeftJoin = false, isVersioned = false, isAsync = false } = {},
  ): Promise<{ readonly sent: readonly unknown[]; readonly dropped: readonly string[] }> => {
    const supplier = subscribe({ foreignKey, keys, value: text, isLeftJoin, isVersioned })
    const { context } = await runProcessor(supplier, [record('k', input, 9, header)], { isAsync })
    assert.ok(context.mostInFlight <= 1)
    for (const { timestampMs, headers } of context.forwarded) {
      assert.deepEqual([timestampMs, headers], [9, header])
    }
    return { sent: context.forwarded.map((one) => [one.key, one.value]), dropped: context.dropped }
  }
  const sentBy = async (input: Change<string>, isLeftJoin: boolean): Promise<readonly unknown[]> =>
    (await asked(input, { isLeftJoin })).sent

  const moved = (to: Text): readonly unknown[] => [
    ['a', 'delete'],
    [to, 'answer'],
  ]
  /** Before and after; what an inner join sends; what a left join sends. */
  const CASES: readonly (readonly [Text, Text, readonly unknown[], readonly unknown[]])[] = [
    [null, 'a1', [['a', 'answer-if-present']], [['a', 'answer']]],
    ['a1', 'a2', [['a', 'answer-if-present']], [['a', 'answer']]],
    ['a1', 'b1', moved('b'), moved('b')],
    ['a1', '-', [['a', 'delete-and-answer']], moved(null)],
    ['a1', null, [['a', 'delete-and-answer']], moved(null)],
    [null, '-', [], [[null, 'answer']]],
    ['-', 'a1', [['a', 'answer-if-present']], [['a', 'answer']]],
    ['-', '-', [], [[null, 'answer']]],
    ['-', null, [], [[null, 'answer']]],
    [null, null, [], []],
  ]

  test('asks what Kafka Streams asks, with the hash of the new row', async () => {
    for (const [before, after, inner, left] of CASES) {
      const expected = (sent: readonly unknown[]): readonly unknown[] =>
        sent.map((one) => {
          const [key, instruction] = one as [Text, SubscriptionInstruction]
          return [key, subscription(instruction, after)]
        })
      const message = `${before} to ${after}`
      assert.deepEqual(await sentBy(change(after, before), false), expected(inner), message)
      assert.deepEqual(await sentBy(change(after, before), true), expected(left), message)
    }
  })

  test('drops and counts a row without a foreign key, unless the join is a left one', async () => {
    assert.deepEqual((await asked(change('-', 'a1'))).dropped, ['null-foreign-key'])
    assert.deepEqual((await asked(change('-'), { isLeftJoin: true })).dropped, [])
    assert.deepEqual((await asked(change(null, 'a1'))).dropped, [])
  })

  test('drops and counts what is not the latest of a versioned table', async () => {
    const older = change('a1', null, false)

    assert.deepEqual(await asked(older, { isVersioned: true }), {
      sent: [],
      dropped: ['out-of-order-version'],
    })
    assert.equal((await asked(older)).sent.length, 1)
  })

  test('sends to the new foreign key when the old one is done', async () => {
    const { sent } = await asked(change('b1', 'a1'), { isAsync: true })

    assert.equal(sent.length, 2)
  })
})

describe('receive', () => {
  const store = subscriptionStore('subs')

  test('keeps subscriptions by foreign key and row, forgets them, and hands all on', async () => {
    const inputs = [
      record('a', subscription('answer', 'a1', 'k1'), 1, header),
      record('a', subscription('answer-if-present', 'a2', 'k2'), 2),
      record('ab', subscription('answer', 'x', 'k1'), 3),
      record('a', subscription('delete', 'b1', 'k1'), 4),
      record('ab', subscription('delete-and-answer', null, 'k1'), 5),
    ]
    const { context } = await runProcessor(receive({ keys, store }), inputs, { stores: [store] })

    assert.deepEqual(context.forwarded, inputs)
    assert.deepEqual(
      [...context.getStateStore(store).all()],
      [[combinedKey(bytes('a'), bytes('k2')), valueAndTimestamp(inputs[1]?.value, 2)]],
    )
  })

  test('keeps nothing without a foreign key, and drops what is not to be answered', async () => {
    const inputs = [
      record<Text, Subscription>(null, subscription('answer', '-')),
      record<Text, Subscription>(null, subscription('delete', '-')),
    ]
    const { context } = await runProcessor(receive({ keys, store }), inputs, { stores: [store] })

    assert.deepEqual(context.forwarded, inputs.slice(0, 1))
    assert.deepEqual(context.dropped, ['null-foreign-key'])
    assert.deepEqual([...context.getStateStore(store).all()], [])
  })

  test('the key of a foreign key that begins with another one is no key of that', () => {
    const prefix = combinedKeyPrefix(bytes('a'))
    const other = combinedKey(bytes('ab'), bytes('k'))

    assert.notDeepEqual(other.subarray(0, prefix.length), prefix)
    assert.equal(Buffer.from(other).toString('hex'), '0000000261626b')
  })
})

test('answer gives the row that there is, with the later timestamp, to who asks for it', async () => {
  const rows = getter({ a: valueAndTimestamp('row', 5) })
  const ask = (
    key: Text,
    instruction: SubscriptionInstruction,
    timestampMs = 1,
  ): StreamRecord<Text, Subscription> =>
    record(key, subscription(instruction, 'x'), timestampMs, header)
  const inputs = [
    ask('a', 'answer'),
    ask('a', 'answer', 7),
    ask('a', 'answer-if-present'),
    ask('a', 'delete-and-answer'),
    ask('a', 'delete'),
    ask('b', 'answer'),
    ask('b', 'answer-if-present'),
    ask('b', 'delete-and-answer'),
    ask(null, 'answer'),
  ]
  const { context } = await runProcessor(answer({ keys, rows }), inputs)

  const told = (value: Text, timestampMs: number): unknown =>
    record('k', response('x', value), timestampMs, header)
  assert.deepEqual(context.forwarded, [
    told('row', 5),
    told('row', 7),
    told('row', 5),
    told(null, 5),
    told(null, 1),
    told(null, 1),
    told(null, 1),
  ])
})

describe('update', () => {
  const store = subscriptionStore('subs')
  const kept = [
    ['a', 'k2'],
    ['a', 'k1'],
    ['ab', 'k3'],
    ['', 'k4'],
  ] as const
  const run = async (
    input: StreamRecord<string, Change<string>>,
    { isVersioned = false, isAsync = false } = {},
  ): Promise<CollectingContext<string, SubscriptionResponse<string>>> => {
    const supplier: ProcessorSupplier<
      string,
      Change<string>,
      string,
      SubscriptionResponse<string>
    > = () => {
      const updating = update<string, string, string>({ keys, store, isVersioned })()
      return {
        async init(context) {
          await updating.init?.(context)
          for (const [foreign, primary] of kept) {
            const row = valueAndTimestamp(subscription('answer', `of ${primary}`, primary), 3)
            context.getStateStore(store).put(combinedKey(bytes(foreign), bytes(primary)), row)
          }
        },
        process: (one, context) => updating.process(one, context),
      }
    }
    return (await runProcessor(supplier, [input], { stores: [store], isAsync })).context
  }

  test('tells each subscriber, in the order of keys, with the timestamp and headers of the change', async () => {
    for (const isAsync of [false, true]) {
      const context = await run(record('a', change('new', 'old'), 9, header), { isAsync })

      assert.deepEqual(context.forwarded, [
        record('k1', response('of k1', 'new'), 9, header),
        record('k2', response('of k2', 'new'), 9, header),
      ])
      assert.equal(context.mostInFlight, 1)
    }
    const { forwarded } = await run(record('a', change(null, 'old')))
    assert.deepEqual(forwarded[0]?.value, response('of k1', null))
  })

  test('drops a null key, and what is not the latest of a versioned table', async () => {
    const noKey = null as unknown as string // as a topic may have it
    const withoutKey = await run(record(noKey, change('new')))
    const older = await run(record('a', change('new', null, false)), { isVersioned: true })

    assert.deepEqual(withoutKey.dropped, ['null-key'])
    assert.deepEqual(older.dropped, ['out-of-order-version'])
    assert.deepEqual([withoutKey.forwarded, older.forwarded], [[], []])
  })
})

describe('resolve', () => {
  const header = [{ key: 'h', value: bytes('1') }]
  const parts = {
    rows: getter({ k: valueAndTimestamp('now', 5, header), none: valueAndTimestamp('none', 5) }),
    value: text,
    keys,
    foreignKey: (value: string) => (value === 'none' ? null : `of ${value}`),
    registrationSink: 'registration',
    joiner: (left: string, right: Text, key: string): string => `${key}:${left}+${right}`,
  }
  const inputs = [
    record('k', response('now', 'r'), 9, header),
    record('k', response('now', null), 9),
    record('k', response('then', 'r'), 9),
    record('gone', response(null, null), 9),
    record('gone', response('then', 'r'), 9),
  ]

  test('joins an answer with the row that asked, and drops one for another row', async () => {
    const inner = await runProcessor(resolve({ ...parts, isLeftJoin: false }), inputs)
    const left = await runProcessor(resolve({ ...parts, isLeftJoin: true }), inputs)

    assert.deepEqual(inner.context.forwarded, [
      record('k', 'k:now+r', 9, header),
      record('k', null, 9),
      record('gone', null, 9),
    ])
    assert.deepEqual(left.context.forwarded, [
      record('k', 'k:now+r', 9, header),
      record('k', 'k:now+null', 9),
      record('gone', null, 9),
    ])
    for (const { context } of [inner, left]) {
      assert.deepEqual(context.dropped, ['stale-response', 'stale-response'])
    }
  })

  test('asks again, where it is to, when an inner join drops the answer that there is no row', async () => {
    const stale = [record('k', response('then', null), 9)]
    const { context } = await runProcessor(resolve({ ...parts, isLeftJoin: false }), stale)
    const left = await runProcessor(resolve({ ...parts, isLeftJoin: true }), stale)
    const silent = { ...parts, isLeftJoin: false, registrationSink: undefined }
    const dropping = await runProcessor(resolve(silent), stale)

    assert.deepEqual(dropping.context.forwarded, [])
    assert.deepEqual(context.dropped, ['stale-response'])
    assert.deepEqual(context.children, ['registration'])
    const asked: unknown[] = [...context.forwarded] // the types of the registration topic
    assert.deepEqual(asked, [record('of now', subscription('answer', 'now', 'k'), 5, header)])
    assert.deepEqual(left.context.forwarded, [])
  })

  test('has no result for a row that is gone, or names no other one, whatever was asked', async () => {
    const stale = ['gone', 'none'].map((key) => record(key, response('then', null), 9))
    const { context } = await runProcessor(resolve({ ...parts, isLeftJoin: false }), stale)

    assert.deepEqual(context.forwarded, [record('gone', null, 9), record('none', null, 9)])
    assert.deepEqual(context.children, [undefined, undefined])
  })
})
