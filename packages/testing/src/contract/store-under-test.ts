import type { StateStore, StoreBuilder } from '@millrace/core'
import type { ConsumedRecord } from '@millrace/core/internal'
import { at, hex, type StateBackendBed, STORE } from './state-backend-bed.ts'

/** Most records of a changelog that are restored in one step, so that there are several steps. */
const RESTORE_BATCH = 7

/** One store of the bed, with the changelog that it has written. */
export class StoreUnderTest<S extends StateStore> {
  readonly bed: StateBackendBed
  readonly #builder: StoreBuilder<S>
  /** What a reader of committed records would see. */
  readonly changelog: ConsumedRecord[] = []
  store: S

  constructor(bed: StateBackendBed, builder: StoreBuilder<S>) {
    this.bed = bed
    this.#builder = builder
    this.store = bed.build(builder)
  }

  /** What the open transaction is sent as. */
  records(): readonly ConsumedRecord[] {
    const first = this.changelog.length
    return [...this.#builder.changelog.records(this.bed.buffer)].map((record, i) => ({
      topic: 'app-store-changelog',
      partition: 0,
      offset: first + i,
      timestamp: record.timestampMs,
      key: record.key,
      value: record.value,
      headers: record.headers,
    }))
  }

  /** As `key=value @timestamp`, in hex. */
  printedRecords(): readonly string[] {
    return this.records().map(
      ({ key, value, timestamp }) =>
        `${hex(key ?? EMPTY)}=${value === null ? 'null' : hex(value)} @${timestamp}`,
    )
  }

  async commit(): Promise<void> {
    this.changelog.push(...this.records())
    await this.bed.commit(this.changelog.length)
  }

  abort(): void {
    this.bed.buffer.clear()
  }

  /** Closes the task and opens it again, with what is missing restored as an app does. */
  async reopen(): Promise<void> {
    await this.bed.reopen()
    await this.#restoreMissing()
    this.store = this.bed.build(this.#builder)
  }

  /** Forgets the state and restores all of it. */
  async rebuild(): Promise<void> {
    this.abort()
    await this.bed.state.clear(STORE)
    await this.#restoreMissing()
  }

  /** Forgets the state and the changelog. */
  async reset(): Promise<void> {
    this.abort()
    this.changelog.length = 0
    await this.bed.state.clear(STORE)
  }

  /** As a broker does: of the records of a key the last one stays. */
  compact(): void {
    const last = new Map(this.changelog.map((record) => [hex(record.key ?? EMPTY), record]))
    const kept = this.changelog.filter((record) => last.get(hex(record.key ?? EMPTY)) === record)
    this.changelog.splice(0, this.changelog.length, ...kept)
  }

  async restart(how: 'reopen' | 'rebuild' | 'restore again', records: number): Promise<void> {
    if (how === 'reopen') await this.reopen()
    else if (how === 'rebuild') await this.rebuild()
    else await this.restoreAgain(records)
  }

  /** Restores the last records once more, as an app does whose position is a lower bound. */
  async restoreAgain(count: number): Promise<void> {
    this.abort()
    await this.#restoreFrom(Math.max(0, this.changelog.length - count))
  }

  /** What is committed, in hex. */
  bytes(): readonly string[] {
    const bounds = { from: undefined, to: undefined, reverse: false }
    const entries = [...this.bed.state.entries(STORE).range(bounds)]
    return entries.map(([key, value]) => `${hex(key)}=${hex(value)}`)
  }

  async #restoreMissing(): Promise<void> {
    await this.#restoreFrom(this.bed.state.position(STORE)?.offset ?? 0)
  }

  async #restoreFrom(first: number): Promise<void> {
    const { state } = this.bed
    for (let from = first; from < this.changelog.length; from += RESTORE_BATCH) {
      const part = this.changelog.slice(from, from + RESTORE_BATCH)
      const batch = this.#builder.changelog.restore(part, state.entries(STORE))
      const position = at(from + part.length)
      await state.apply([{ store: STORE, ...batch }], new Map([[STORE, position]]))
    }
  }
}

const EMPTY = new Uint8Array(0)
