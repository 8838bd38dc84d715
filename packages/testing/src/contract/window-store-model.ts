import type { WindowedEntry, WindowStore } from '@millrace/core'
import assert from 'node:assert/strict'
import { SeededRandom } from './seeded-random.ts'
import { hex, type StateBackendBed } from './state-backend-bed.ts'
import {
  transact,
  TRANSACTION_STEPS,
  type TransactionalModel,
  type TransactionStep,
} from './store-transactions.ts'
import type { RandomRun } from './store-suite.ts'
import { StoreUnderTest } from './store-under-test.ts'
import {
  type Releasing,
  RETENTION_MS,
  SEGMENT_MS,
  type WindowStoreVariant,
} from './window-store-variant.ts'

const STEPS_MS = [0, 1, 999, 20_000, 70_000, 100_000, 330_000] as const
const OPERATIONS = [
  'put',
  'put',
  'put',
  'put',
  'delete',
  'fetch',
  'fetch times',
  'fetch keys',
  'fetch all',
  'release',
  ...TRANSACTION_STEPS,
] as const

interface ModelEntry {
  readonly key: string
  readonly startMs: number
  readonly sequence: number
  readonly value: string
}

/** All windows in a list, searched from its beginning: slow and obvious. */
class Windows {
  entries: readonly ModelEntry[] = []
  streamTimeMs = -1
  releasedMs = -1
  sequence = 0
  readonly #variant: WindowStoreVariant

  constructor(variant: WindowStoreVariant) {
    this.#variant = variant
  }

  copy(): Windows {
    const copy = new Windows(this.#variant)
    copy.entries = this.entries
    copy.releasedMs = this.releasedMs
    copy.streamTimeMs = this.streamTimeMs
    copy.sequence = this.sequence
    return copy
  }

  put(key: string, value: string | null, startMs: number): boolean {
    this.streamTimeMs = Math.max(this.streamTimeMs, startMs)
    const oldestMs = Math.max(0, this.#expiryTimeMs - RETENTION_MS)
    if (Math.floor(startMs / SEGMENT_MS) < Math.floor(oldestMs / SEGMENT_MS)) return false
    const { sequence } = this
    const others = this.entries.filter(
      (entry) => entry.key !== key || entry.startMs !== startMs || entry.sequence !== sequence,
    )
    this.entries = value === null ? others : [...others, { key, startMs, sequence, value }]
    return true
  }

  get #expiryTimeMs(): number {
    if (!this.#variant.awaitsRelease) return this.streamTimeMs
    return Math.min(this.streamTimeMs, this.releasedMs + RETENTION_MS)
  }

  /** Segment by segment, or by time; then in the order of the keys' bytes, which hex keeps. */
  find(wanted: (entry: ModelEntry) => boolean, isByTime = false): readonly string[] {
    const storeKey = ({ key, startMs, sequence }: ModelEntry): string =>
      (isByTime ? `${key} ` : key) +
      startMs.toString(16).padStart(16, '0') +
      sequence.toString(16).padStart(8, '0')
    const place = ({ startMs }: ModelEntry): number =>
      isByTime ? startMs : Math.floor(startMs / SEGMENT_MS)
    const firstMs = this.#expiryTimeMs - RETENTION_MS + (this.#variant.isOrderedByTime ? 0 : 1)
    return this.entries
      .filter((entry) => entry.startMs >= firstMs && wanted(entry))
      .sort((a, b) => place(a) - place(b) || (storeKey(a) < storeKey(b) ? -1 : 1))
      .map(({ key, startMs, value }) => `${key}@${startMs}=${value}`)
  }
}

/** Random operations on a window store, and on a list that says what it must hold. */
export class WindowStoreModel implements RandomRun {
  readonly log: string[] = []
  readonly #under: StoreUnderTest<WindowStore<Uint8Array, string> & Releasing>
  readonly #random: SeededRandom
  readonly #variant: WindowStoreVariant
  readonly #model: TransactionalModel<Windows>
  #steps = 0

  constructor(bed: StateBackendBed, seed: number, variant: WindowStoreVariant) {
    this.#under = new StoreUnderTest(bed, variant.open(bed, seed % 2 === 0))
    this.#random = new SeededRandom(seed)
    this.#variant = variant
    this.#model = {
      committed: new Windows(variant),
      open: new Windows(variant),
      savepoint: undefined,
    }
  }

  async run(operations: number): Promise<void> {
    await this.#under.reset()
    for (let i = 0; i < operations; i++) {
      const operation = this.#random.pick(OPERATIONS)
      this.log.push(operation)
      if (this.#act(operation)) continue
      const step = operation as TransactionStep // #act has taken every other operation
      // A sequence number whose entry has expired within its transaction is not in the changelog, and what waits
      // for its release may have been dropped from the store that wrote it.
      const comparesBytes = !this.#variant.retainDuplicates && !this.#variant.awaitsRelease
      const [under, model, random] = [this.#under, this.#model, this.#random]
      await transact(step, { under, model, random, comparesBytes })
      // As operators do when they begin.
      under.store.release?.(model.open.releasedMs)
    }
    this.#fetchAll()
  }

  #act(operation: (typeof OPERATIONS)[number]): boolean {
    switch (operation) {
      case 'put':
        this.#put(`v${this.#steps++}`)
        return true
      case 'delete':
        this.#put(null)
        return true
      case 'fetch':
        this.#fetch()
        return true
      case 'fetch times':
        this.#fetchTimes()
        return true
      case 'fetch keys':
        this.#fetchKeys()
        return true
      case 'fetch all':
        this.#fetchAll()
        return true
      case 'release':
        this.#release()
        return true
      default:
        return false
    }
  }

  #put(value: string | null): void {
    const key = this.#random.pick(this.#variant.keys)
    const startMs = this.#time()
    this.log.push(`  ${key}@${startMs}=${String(value)}`)
    const kept = this.#under.store.put(Buffer.from(key, 'hex'), value, startMs)
    if (this.#variant.retainDuplicates) {
      if (value === null) return
      this.#model.open.sequence++
    }
    assert.equal(kept, this.#model.open.put(key, value, startMs))
  }

  #fetch(): void {
    if (this.#variant.retainDuplicates) return
    const known = this.#model.open.entries[this.#random.below(this.#model.open.entries.length)]
    const key = known?.key ?? this.#random.pick(this.#variant.keys)
    const startMs = known?.startMs ?? this.#time()
    this.log.push(`  ${key}@${startMs}`)
    const [expected] = this.#model.open.find(
      (entry) => entry.key === key && entry.startMs === startMs,
    )
    const found = this.#under.store.fetch(Buffer.from(key, 'hex'), startMs)
    assert.equal(found === null ? undefined : `${key}@${startMs}=${found}`, expected)
  }

  #fetchTimes(): void {
    const key = this.#random.pick(this.#variant.keys)
    const bytes = Buffer.from(key, 'hex')
    const [fromMs, toMs] = this.#times()
    const expected = this.#model.open.find(
      (entry) => entry.key === key && entry.startMs >= fromMs && entry.startMs <= toMs,
    )
    const printed = ([startMs, value]: readonly [number, string]): string =>
      `${key}@${startMs}=${value}`
    const { store } = this.#under
    assert.deepEqual([...store.fetch(bytes, fromMs, toMs)].map(printed), expected)
    const backward = [...store.backwardFetch(bytes, fromMs, toMs)].map(printed)
    assert.deepEqual(backward, expected.toReversed())
  }

  #fetchKeys(): void {
    const keyFrom = this.#random.below(4) === 0 ? null : this.#random.pick(this.#variant.keys)
    const keyTo = this.#random.below(4) === 0 ? null : this.#random.pick(this.#variant.keys)
    const [fromMs, toMs] = this.#times()
    this.log.push(`  ${String(keyFrom)} to ${String(keyTo)}`)
    const expected = this.#model.open.find(
      ({ key, startMs }) =>
        (keyFrom === null || key >= keyFrom) &&
        (keyTo === null || key <= keyTo) &&
        startMs >= fromMs &&
        startMs <= toMs,
      this.#variant.isOrderedByTime && keyFrom === null && keyTo === null,
    )
    const from = keyFrom === null ? null : Buffer.from(keyFrom, 'hex')
    const to = keyTo === null ? null : Buffer.from(keyTo, 'hex')
    const { store } = this.#under
    assert.deepEqual([...store.fetchRange(from, to, fromMs, toMs)].map(printed), expected)
    const backward = [...store.backwardFetchRange(from, to, fromMs, toMs)].map(printed)
    assert.deepEqual(backward, expected.toReversed())
  }

  #fetchAll(): void {
    const { store } = this.#under
    const [fromMs, toMs] = this.#times()
    const { isOrderedByTime } = this.#variant
    const expected = this.#model.open.find(
      ({ startMs }) => startMs >= fromMs && startMs <= toMs,
      isOrderedByTime,
    )
    assert.deepEqual([...store.fetchAll(fromMs, toMs)].map(printed), expected)
    const backward = [...store.backwardFetchAll(fromMs, toMs)].map(printed)
    assert.deepEqual(backward, expected.toReversed())
    const all = this.#model.open.find(() => true, isOrderedByTime)
    assert.deepEqual([...store.all()].map(printed), all)
    assert.deepEqual([...store.backwardAll()].map(printed), all.toReversed())
  }

  #release(): void {
    const { open } = this.#model
    open.releasedMs = Math.max(open.releasedMs, this.#time())
    this.log.push(`  until ${open.releasedMs}`)
    this.#under.store.release?.(open.releasedMs)
  }

  /** Around the stream time, now and then before its retention. */
  #time(): number {
    const { streamTimeMs } = this.#model.open
    const step = this.#random.pick(STEPS_MS)
    return Math.max(0, streamTimeMs + (this.#random.below(3) === 0 ? step : -step))
  }

  #times(): readonly [number, number] {
    const times = [this.#time(), this.#time()] as const
    this.log.push(`  times ${times.join(' to ')}`)
    return times
  }
}

function printed([{ key, window }, value]: WindowedEntry<Uint8Array, string>): string {
  assert.equal(window.endMs, window.startMs + 1000)
  return `${hex(key)}@${window.startMs}=${value}`
}
