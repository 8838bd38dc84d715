import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serdes } from './serdes.ts'
import { subscriptionResponseSerde } from './subscription-response-serde.ts'
import {
  type Subscription,
  type SubscriptionInstruction,
  subscriptionSerde,
} from './subscription-serde.ts'

/** Murmur3 of `alice`. */
const HASH = 'c48c783f6624bc38ab44ed881c2aab95'
const hash = Buffer.from(HASH, 'hex')
const primaryKey = Buffer.from('pk1')

/** Written by Kafka Streams 4.3.1: `SubscriptionWrapperSerde`, primary key `pk1`, partition 7. */
const SUBSCRIPTIONS: readonly (readonly [
  instruction: SubscriptionInstruction,
  hash: Uint8Array | null,
  version: 0 | 1,
  bytes: string,
])[] = [
  ['delete', hash, 0, `0000${HASH}706b31`],
  ['delete', hash, 1, `0100${HASH}706b3100000007`],
  ['delete', null, 0, '8000706b31'],
  ['delete', null, 1, '8100706b3100000007'],
  ['delete-and-answer', hash, 0, `0001${HASH}706b31`],
  ['delete-and-answer', hash, 1, `0101${HASH}706b3100000007`],
  ['delete-and-answer', null, 0, '8001706b31'],
  ['delete-and-answer', null, 1, '8101706b3100000007'],
  ['answer', hash, 0, `0002${HASH}706b31`],
  ['answer', hash, 1, `0102${HASH}706b3100000007`],
  ['answer', null, 0, '8002706b31'],
  ['answer', null, 1, '8102706b3100000007'],
  ['answer-if-present', hash, 0, `0003${HASH}706b31`],
  ['answer-if-present', hash, 1, `0103${HASH}706b3100000007`],
  ['answer-if-present', null, 0, '8003706b31'],
  ['answer-if-present', null, 1, '8103706b3100000007'],
]

/** The same: `SubscriptionResponseWrapperSerde` with strings. */
const RESPONSES: readonly (readonly [
  hash: Uint8Array | null,
  value: string | null,
  bytes: string,
])[] = [
  [hash, 'value', `00${HASH}76616c7565`],
  [hash, null, `00${HASH}`],
  [null, 'value', '8076616c7565'],
  [null, null, '80'],
]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const read = (text: string): Subscription =>
  subscriptionSerde.deserialize(Buffer.from(text, 'hex'), '')

describe('subscriptions', () => {
  test('have the bytes of Kafka Streams, in both versions and directions', () => {
    for (const [instruction, of, version, bytes] of SUBSCRIPTIONS) {
      const primaryPartition = version === 0 ? undefined : 7
      const subscription = { instruction, hash: of, primaryKey, primaryPartition }
      assert.equal(hex(subscriptionSerde.serialize(subscription, '')), bytes)
      assert.deepEqual(read(bytes), subscription)
    }
  })

  test('may have an empty primary key', () => {
    const bytes = '810100000102'
    const subscription = read(bytes)

    assert.deepEqual(subscription, {
      instruction: 'delete-and-answer',
      hash: null,
      primaryKey: Buffer.alloc(0),
      primaryPartition: 258,
    })
    assert.equal(hex(subscriptionSerde.serialize(subscription, '')), bytes)
  })

  test('of another version or instruction, or cut short, are refused', () => {
    assert.throws(
      () => read('0200706b3100000007'),
      /^RangeError: not a subscription: its version is 2$/,
    )
    assert.throws(() => read('8104706b3100000007'), /not a subscription: it asks for 4$/)
    assert.throws(() => read(''), /not a subscription: it asks for -1$/)
    assert.throws(() => read('8100000007'), /not a subscription: it has 5 bytes$/)
    assert.throws(() => read(`0100${HASH}`), /not a subscription: it has 18 bytes$/)
  })

  test('do not share the bytes that they were read from', () => {
    const bytes = Buffer.from(`0100${HASH}706b3100000007`, 'hex')
    const subscription = subscriptionSerde.deserialize(bytes, '')
    bytes.fill(0)

    assert.deepEqual([subscription.hash, subscription.primaryKey], [hash, primaryKey])
  })
})

describe('responses to subscriptions', () => {
  const serde = subscriptionResponseSerde(serdes.string)

  test('have the bytes of Kafka Streams, in both directions', () => {
    for (const [of, value, bytes] of RESPONSES) {
      const response = { hash: of, value, primaryPartition: undefined }
      assert.equal(hex(serde.serialize({ ...response, primaryPartition: 3 }, 't')), bytes)
      assert.deepEqual(serde.deserialize(Buffer.from(bytes, 'hex'), 't'), response)
    }
  })

  test('with a value of no bytes are read as those without a row, as in Kafka Streams', () => {
    const bytes = serde.serialize({ hash, value: '', primaryPartition: 3 }, 't')

    assert.equal(hex(bytes), `00${HASH}`)
    assert.equal(serde.deserialize(bytes, 't').value, null)
  })

  test('of another version, or cut short, are refused', () => {
    const refused = (text: string, problem: RegExp): void => {
      assert.throws(() => serde.deserialize(Buffer.from(text, 'hex'), 't'), problem)
    }
    refused('01', /^RangeError: not a response to a subscription: it begins with 1$/)
    refused('', /it begins with -1$/)
    refused('0000', /it has 2 bytes$/)
  })
})
