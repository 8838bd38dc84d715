import {
  serdes,
  stores,
  type PutResult,
  type VersionedKeyValueStore,
  type VersionedRecord,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { SeededRandom } from './seeded-random.ts'
import { type StateBackendBed, STORE } from './state-backend-bed.ts'
import type { RandomRun } from './store-suite.ts'
import {
  transact,
  TRANSACTION_STEPS,
  type TransactionalModel,
  type TransactionStep,
} from './store-transactions.ts'
import { StoreUnderTest } from './store-under-test.ts'

const HISTORY_MS = 100
const KEYS = ['a', 'b', 'aa', ''] as const
const STEPS_MS = [0, 0, 1, 2, 5, 9, 30, 60, 110] as const
const OPERATIONS = [
  'put',
  'put',
  'put',
  'put',
  'delete',
  'get',
  'get as of',
  'get as of',
  'get versions',
  ...TRANSACTION_STEPS,
] as const

interface ModelVersion {
  readonly timestampMs: number
  readonly value: string | null
  /** Infinity for the latest. */
  readonly validToMs: number
}

/** All puts, in a map by time: slow and obvious. */
class Versions {
  readonly puts = new Map<string, Map<number, string | null>>()
  streamTimeMs = -1

  copy(): Versions {
    const copy = new Versions()
    for (const [key, versions] of this.puts) copy.puts.set(key, new Map(versions))
    copy.streamTimeMs = this.streamTimeMs
    return copy
  }

  get historyStartMs(): number {
    return this.streamTimeMs - HISTORY_MS
  }

  put(key: string, value: string | null, timestampMs: number): PutResult {
    if (timestampMs < this.historyStartMs) return 'not-put'
    this.streamTimeMs = Math.max(this.streamTimeMs, timestampMs)
    const versions = this.puts.get(key) ?? new Map<number, string | null>()
    versions.set(timestampMs, value)
    this.puts.set(key, versions)
    const next = this.of(key).find((version) => version.timestampMs > timestampMs)
    return next?.timestampMs ?? 'latest'
  }

  /** Deletions included, the oldest first. */
  of(key: string): readonly ModelVersion[] {
    const puts = [...(this.puts.get(key) ?? [])].sort(([a], [b]) => a - b)
    return puts.map(([timestampMs, value], i) => {
      return { timestampMs, value, validToMs: puts[i + 1]?.[0] ?? Infinity }
    })
  }

  at(key: string, asOfMs: number): string | null {
    const version = this.of(key).findLast(({ timestampMs }) => timestampMs <= asOfMs)
    if (version === undefined) return null
    if (asOfMs < this.historyStartMs && version.validToMs !== Infinity) return null
    return printedModel(version)
  }

  between(key: string, fromMs: number, toMs: number): readonly (string | null)[] {
    const firstMs = Math.max(fromMs, this.historyStartMs)
    return this.of(key)
      .filter(({ timestampMs, validToMs }) => {
        if (timestampMs > toMs) return false
        return validToMs === Infinity || (validToMs > firstMs && firstMs <= toMs)
      })
      .filter(({ value }) => value !== null)
      .map(printedModel)
  }
}

/** Random operations on a versioned store, and on a map that says what it must hold. */
export class VersionedStoreModel implements RandomRun {
  readonly log: string[] = []
  readonly #under: StoreUnderTest<VersionedKeyValueStore<string, string>>
  readonly #random: SeededRandom
  readonly #model: TransactionalModel<Versions> = {
    committed: new Versions(),
    open: new Versions(),
    savepoint: undefined,
  }
  #steps = 0
  #comparesBytes = true

  constructor(bed: StateBackendBed, seed: number) {
    this.#random = new SeededRandom(seed)
    const builder = stores.versionedKeyValue(STORE, {
      key: serdes.string,
      value: serdes.string,
      historyRetention: HISTORY_MS,
      segmentInterval: this.#random.pick([1, 10, 33, 500]),
    })
    this.#under = new StoreUnderTest(bed, builder)
  }

  async run(operations: number): Promise<void> {
    await this.#under.reset()
    for (let i = 0; i < operations; i++) {
      const operation = this.#random.pick(OPERATIONS)
      this.log.push(operation)
      if (this.#act(operation)) continue
      const step = operation as TransactionStep // #act has taken every other operation
      const [under, model, random] = [this.#under, this.#model, this.#random]
      // What is put again may stand elsewhere, and mean the same, until all is built anew.
      if (step === 'restore again') this.#comparesBytes = false
      await transact(step, { under, model, random, comparesBytes: this.#comparesBytes })
    }
    for (const key of KEYS) this.#compareAll(key)
  }

  #act(operation: (typeof OPERATIONS)[number]): boolean {
    switch (operation) {
      case 'put':
        this.#put()
        return true
      case 'delete':
        this.#delete()
        return true
      case 'get':
        this.#get()
        return true
      case 'get as of':
        this.#getAsOf()
        return true
      case 'get versions':
        this.#getVersions()
        return true
      default:
        return false
    }
  }

  #put(): void {
    const [key, timestampMs] = [this.#random.pick(KEYS), this.#time()]
    const value = this.#random.below(4) === 0 ? null : `v${this.#steps++}`
    this.log.push(`  ${key}@${timestampMs}=${String(value)}`)
    const result = this.#under.store.put(key, value, timestampMs)
    assert.equal(result, this.#model.open.put(key, value, timestampMs))
  }

  #delete(): void {
    const [key, timestampMs] = [this.#random.pick(KEYS), this.#time()]
    this.log.push(`  ${key}@${timestampMs}`)
    const { open } = this.#model
    const isKept = timestampMs >= open.historyStartMs
    const expected = isKept ? open.at(key, timestampMs) : null
    assert.equal(printed(this.#under.store.delete(key, timestampMs)), expected)
    open.put(key, null, timestampMs)
  }

  #get(): void {
    const key = this.#random.pick(KEYS)
    this.log.push(`  ${key}`)
    const newest = this.#model.open.of(key).at(-1)
    const expected = newest === undefined ? null : printedModel(newest)
    assert.equal(printed(this.#under.store.get(key)), expected)
  }

  #getAsOf(): void {
    const [key, asOfMs] = [this.#random.pick(KEYS), this.#time()]
    this.log.push(`  ${key} as of ${asOfMs}`)
    assert.equal(printed(this.#under.store.get(key, asOfMs)), this.#model.open.at(key, asOfMs))
  }

  #getVersions(): void {
    const [key, fromMs, toMs] = [this.#random.pick(KEYS), this.#time(), this.#time()]
    this.log.push(`  ${key} from ${fromMs} to ${toMs}`)
    this.#compareVersions(key, fromMs, toMs)
  }

  #compareVersions(key: string, fromMs: number, toMs: number): void {
    const { store } = this.#under
    const expected = this.#model.open.between(key, fromMs, toMs)
    assert.deepEqual([...store.getVersions(key, fromMs, toMs, 'ascending')].map(printed), expected)
    const newestFirst = [...store.getVersions(key, fromMs, toMs)].map(printed)
    assert.deepEqual(newestFirst, expected.toReversed())
  }

  #compareAll(key: string): void {
    this.#compareVersions(key, 0, Infinity)
    const { open } = this.#model
    for (let ms = Math.max(0, open.historyStartMs - 3); ms <= open.streamTimeMs + 1; ms++) {
      this.log.push(`at the end, ${key} as of ${ms}`)
      assert.equal(printed(this.#under.store.get(key, ms)), open.at(key, ms))
    }
  }

  /** Around the stream time, now and then before the history. */
  #time(): number {
    const step = this.#random.pick(STEPS_MS)
    const { streamTimeMs } = this.#model.open
    return Math.max(0, streamTimeMs + (this.#random.below(3) === 0 ? step : -step))
  }
}

function printedModel({ timestampMs, value, validToMs }: ModelVersion): string | null {
  if (value === null) return null
  return `${value} from ${timestampMs}${validToMs === Infinity ? '' : ` to ${validToMs}`}`
}

function printed(version: VersionedRecord<string> | null): string | null {
  if (version === null) return null
  const { value, timestampMs, validToMs = Infinity } = version
  return printedModel({ value, timestampMs, validToMs })
}
