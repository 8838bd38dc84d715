import { JavaRandom } from './java-random.ts'

const SEED = 42
const USERS = 10_000
const FIRST_TIMESTAMP_MS = 1_700_000_000_000

export interface Event {
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

/**
 * The input of every workload: page views of random users, one a millisecond of event time. Always
 * the same, and the same as those of the peers' generator, record by record.
 */
export function* events(count: number): Generator<Event, void, undefined> {
  const random = new JavaRandom(SEED)
  for (let i = 0; i < count; i++) {
    const key = `user-${random.nextInt(USERS)}`
    const cents = random.nextInt(100_000)
    const item = 10_000 + random.nextInt(90_000)
    const timestampMs = FIRST_TIMESTAMP_MS + i
    const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
    const value = `{"user":"${key}","amount":${amount},"page":"/shop/products/item-${item}","ts":${timestampMs}}`
    yield { key, value, timestampMs }
  }
}

const DAY_MS = 86_400_000
const TIERS = ['free', 'silver', 'gold']
const COUNTRIES = ['NL', 'DE', 'US', 'JP', 'BR']

/** The users of the events, a day before the first event, so that each one finds its user. */
export function* users(): Generator<Event, void, undefined> {
  for (let i = 0; i < USERS; i++) {
    const tier = TIERS[i % TIERS.length] ?? ''
    const country = COUNTRIES[i % COUNTRIES.length] ?? ''
    const value = `{"name":"User ${i}","tier":"${tier}","country":"${country}"}`
    yield { key: `user-${i}`, value, timestampMs: FIRST_TIMESTAMP_MS - DAY_MS + i }
  }
}
