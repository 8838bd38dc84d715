import { serdes, type SessionStore, stores, type WindowedEntry } from '@millrace/core'
import assert from 'node:assert/strict'
import { SeededRandom } from './seeded-random.ts'
import { hex, type StateBackendBed, STORE } from './state-backend-bed.ts'
import {
  transact,
  TRANSACTION_STEPS,
  type TransactionalModel,
  type TransactionStep,
} from './store-transactions.ts'
import type { RandomRun } from './store-suite.ts'
import { StoreUnderTest } from './store-under-test.ts'

const RETENTION_MS = 200_000
const SEGMENT_MS = 100_000
const KEYS = ['', '00', '0000', '61', '6100', '61ff', '62', 'fe', 'ff', 'ffff'] as const
const STEPS_MS = [0, 1, 999, 20_000, 70_000, 100_000, 330_000] as const
const OPERATIONS = [
  'put',
  'put',
  'put',
  'put',
  'remove',
  'fetch session',
  'find',
  'find',
  'find of keys',
  ...TRANSACTION_STEPS,
] as const

interface ModelSession {
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly value: string
}

/** All sessions in a list, searched from its beginning: slow and obvious. */
class Sessions {
  all: readonly ModelSession[] = []
  streamTimeMs = -1

  copy(): Sessions {
    const copy = new Sessions()
    copy.all = this.all
    copy.streamTimeMs = this.streamTimeMs
    return copy
  }

  put({ value, ...session }: Omit<ModelSession, 'value'> & { value: string | null }): boolean {
    const { key, startMs, endMs } = session
    this.streamTimeMs = Math.max(this.streamTimeMs, endMs)
    const oldestMs = Math.max(0, this.streamTimeMs - RETENTION_MS)
    if (Math.floor(endMs / SEGMENT_MS) < Math.floor(oldestMs / SEGMENT_MS)) return false
    const others = this.all.filter(
      (other) => other.key !== key || other.startMs !== startMs || other.endMs !== endMs,
    )
    this.all = value === null ? others : [...others, { key, startMs, endMs, value }]
    return true
  }

  /** Segment by segment, in the order of the keys' bytes, which hex keeps. */
  find(wanted: (session: ModelSession) => boolean): readonly string[] {
    const padded = (ms: number): string => ms.toString(16).padStart(16, '0')
    const storeKey = ({ key, startMs, endMs }: ModelSession): string =>
      key + padded(endMs) + padded(startMs)
    const segment = ({ endMs }: ModelSession): number => Math.floor(endMs / SEGMENT_MS)
    return this.all
      .filter((session) => session.endMs > this.streamTimeMs - RETENTION_MS && wanted(session))
      .sort((a, b) => segment(a) - segment(b) || (storeKey(a) < storeKey(b) ? -1 : 1))
      .map(({ key, startMs, endMs, value }) => `${key}@${startMs}-${endMs}=${value}`)
  }
}

/** Random operations on a session store, and on a list that says what it must hold. */
export class SessionStoreModel implements RandomRun {
  readonly log: string[] = []
  readonly #under: StoreUnderTest<SessionStore<Uint8Array, string>>
  readonly #random: SeededRandom
  readonly #model: TransactionalModel<Sessions> = {
    committed: new Sessions(),
    open: new Sessions(),
    savepoint: undefined,
  }
  #steps = 0

  constructor(bed: StateBackendBed, seed: number) {
    const builder = stores.session(STORE, {
      key: serdes.bytes,
      value: serdes.string,
      retention: RETENTION_MS,
      changelogCleanup: seed % 2 === 0 ? 'compact' : 'compact,delete',
    })
    this.#under = new StoreUnderTest(bed, builder)
    this.#random = new SeededRandom(seed)
  }

  async run(operations: number): Promise<void> {
    await this.#under.reset()
    for (let i = 0; i < operations; i++) {
      const operation = this.#random.pick(OPERATIONS)
      this.log.push(operation)
      if (this.#act(operation)) continue
      const step = operation as TransactionStep // #act has taken every other operation
      const [under, model, random] = [this.#under, this.#model, this.#random]
      await transact(step, { under, model, random, comparesBytes: true })
    }
    this.#findOfKeys()
  }

  #act(operation: (typeof OPERATIONS)[number]): boolean {
    switch (operation) {
      case 'put':
        this.#put(`v${this.#steps++}`)
        return true
      case 'remove':
        this.#put(null)
        return true
      case 'fetch session':
        this.#fetchSession()
        return true
      case 'find':
        this.#find()
        return true
      case 'find of keys':
        this.#findOfKeys()
        return true
      default:
        return false
    }
  }

  #put(value: string | null): void {
    const session = this.#session(value === null)
    this.log.push(`  ${session.key}@${session.startMs}-${session.endMs}=${String(value)}`)
    const { startMs, endMs } = session
    const key = Buffer.from(session.key, 'hex')
    const kept = this.#under.store.put({ key, window: { startMs, endMs } }, value)
    assert.equal(kept, this.#model.open.put({ ...session, value }))
  }

  #fetchSession(): void {
    const { key, startMs, endMs } = this.#session(true)
    this.log.push(`  ${key}@${startMs}-${endMs}`)
    const [expected] = this.#model.open.find(
      (other) => other.key === key && other.startMs === startMs && other.endMs === endMs,
    )
    const found = this.#under.store.fetchSession(Buffer.from(key, 'hex'), startMs, endMs)
    assert.equal(found === null ? undefined : `${key}@${startMs}-${endMs}=${found}`, expected)
  }

  #find(): void {
    const key = this.#random.pick(KEYS)
    const bytes = Buffer.from(key, 'hex')
    const [earliestEndMs, latestStartMs] = [this.#time(), this.#time()]
    this.log.push(`  ${key} from ${earliestEndMs} to ${latestStartMs}`)
    const { store } = this.#under
    const expected = this.#model.open.find(
      (other) =>
        other.key === key && other.endMs >= earliestEndMs && other.startMs <= latestStartMs,
    )
    assert.deepEqual(
      [...store.findSessions(bytes, earliestEndMs, latestStartMs)].map(printed),
      expected,
    )
    const backward = [...store.backwardFindSessions(bytes, earliestEndMs, latestStartMs)]
    assert.deepEqual(backward.map(printed), expected.toReversed())
    const all = this.#model.open.find((other) => other.key === key)
    assert.deepEqual([...store.fetch(bytes)].map(printed), all)
    assert.deepEqual([...store.backwardFetch(bytes)].map(printed), all.toReversed())
  }

  #findOfKeys(): void {
    const keyFrom = this.#random.below(4) === 0 ? null : this.#random.pick(KEYS)
    const keyTo = this.#random.below(4) === 0 ? null : this.#random.pick(KEYS)
    const [earliestEndMs, latestStartMs] = [this.#time(), this.#time()]
    this.log.push(`  ${String(keyFrom)} to ${String(keyTo)}, ${earliestEndMs} to ${latestStartMs}`)
    const from = keyFrom === null ? null : Buffer.from(keyFrom, 'hex')
    const to = keyTo === null ? null : Buffer.from(keyTo, 'hex')
    const isOfKeys = ({ key }: ModelSession): boolean =>
      (keyFrom === null || key >= keyFrom) && (keyTo === null || key <= keyTo)
    const expected = this.#model.open.find(
      (other) => isOfKeys(other) && other.endMs >= earliestEndMs && other.startMs <= latestStartMs,
    )
    const { store } = this.#under
    const found = [...store.findSessionsRange(from, to, earliestEndMs, latestStartMs)]
    assert.deepEqual(found.map(printed), expected)
    const backward = [...store.backwardFindSessionsRange(from, to, earliestEndMs, latestStartMs)]
    assert.deepEqual(backward.map(printed), expected.toReversed())
    const all = this.#model.open.find(isOfKeys)
    assert.deepEqual([...store.fetchRange(from, to)].map(printed), all)
    assert.deepEqual([...store.backwardFetchRange(from, to)].map(printed), all.toReversed())
  }

  /** One that is there, if it is asked for, or another one. */
  #session(isKnown: boolean): Omit<ModelSession, 'value'> {
    const { all } = this.#model.open
    const known = isKnown ? all[this.#random.below(all.length * 2)] : undefined
    if (known !== undefined) return known
    const times = [this.#time(), this.#time()].sort((a, b) => a - b)
    return { key: this.#random.pick(KEYS), startMs: times[0] ?? 0, endMs: times[1] ?? 0 }
  }

  /** Around the stream time, now and then before its retention. */
  #time(): number {
    const { streamTimeMs } = this.#model.open
    const step = this.#random.pick(STEPS_MS)
    return Math.max(0, streamTimeMs + (this.#random.below(4) === 0 ? step : -step))
  }
}

function printed([{ key, window }, value]: WindowedEntry<Uint8Array, string>): string {
  return `${hex(key)}@${window.startMs}-${window.endMs}=${value}`
}
