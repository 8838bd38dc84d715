import type { StateStore, StoreBuilder } from '@millrace/core'
import {
  bytesToMapKey,
  type DirtyEntry,
  type KeyBounds,
  type StateBackend,
  type TaskState,
  TransactionBuffer,
} from '@millrace/core/internal'

/** A state backend that a suite tests. */
export interface StateBackendUnderTest {
  readonly backend: StateBackend
  /** Called when the test is over. */
  readonly close?: () => Promise<void> | void
}

/** One true sentence about a state backend and what is above it, and its proof. */
export interface StateBackendCase {
  readonly title: string
  readonly run: (bed: StateBackendBed) => Promise<void> | void
}

export const TASK = '0_0'
export const STORE = 'store'
export const OTHER_STORE = 'other'

const EVERYTHING: KeyBounds = { from: undefined, to: undefined, reverse: false }

/** A task's state with two stores, and a transaction over the first. */
export class StateBackendBed {
  readonly backend: StateBackend
  state: TaskState
  buffer: TransactionBuffer
  /** Event time of the record that is being processed. */
  nowMs = 0

  constructor(backend: StateBackend, state: TaskState) {
    this.backend = backend
    this.state = state
    this.buffer = new TransactionBuffer(STORE, state.entries(STORE))
  }

  static async open({ backend }: StateBackendUnderTest): Promise<StateBackendBed> {
    return new StateBackendBed(backend, await backend.open(TASK, [STORE, OTHER_STORE]))
  }

  /** Closes the task and opens it again. */
  async reopen(): Promise<void> {
    await this.state.close()
    this.state = await this.backend.open(TASK, [STORE, OTHER_STORE])
    this.buffer = new TransactionBuffer(STORE, this.state.entries(STORE))
  }

  /** The store that a builder named {@link STORE} describes, in the transaction. */
  build<S extends StateStore>(builder: StoreBuilder<S>): S {
    return builder.build({
      buffer: this.buffer,
      changelogTopic: 'app-store-changelog',
      currentTimestampMs: () => this.nowMs,
    })
  }

  put(key: string, value: string | null): void {
    this.buffer.put(utf8(key), value === null ? null : utf8(value), this.nowMs)
  }

  get(key: string): string | null {
    const value = this.buffer.get(utf8(key))
    return value === null ? null : text(value)
  }

  /** What the transaction sees, as `key=value`. */
  entries(bounds: Partial<KeyBounds> = {}): readonly string[] {
    return this.#printed(this.buffer.range({ ...EVERYTHING, ...bounds }))
  }

  /** What is committed, as `key=value`. */
  committedEntries(bounds: Partial<KeyBounds> = {}, store: string = STORE): readonly string[] {
    return this.#printed(this.state.entries(store).range({ ...EVERYTHING, ...bounds }))
  }

  /** Makes the transaction's writes the committed state. */
  async commit(position = 0): Promise<void> {
    const batch = { store: STORE, writes: this.buffer.dirtyEntries() }
    await this.state.apply([batch], new Map([[STORE, position]]))
    this.buffer.clear()
  }

  #printed(entries: Iterable<readonly [Uint8Array, Uint8Array]>): readonly string[] {
    return [...entries].map(([key, value]) => `${text(key)}=${text(value)}`)
  }
}

/** A write as a changelog or a transaction makes it. */
export function write(key: string, value: string | null): DirtyEntry {
  const bytes = utf8(key)
  const valueBytes = value === null ? null : utf8(value)
  return { key: bytes, mapKey: bytesToMapKey(bytes), value: valueBytes, timestampMs: 0 }
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
