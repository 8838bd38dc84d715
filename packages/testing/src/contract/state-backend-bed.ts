import type { StateStore, StoreBuilder } from '@millrace/core'
import { join } from 'node:path'
import {
  bytesToMapKey,
  type ChangelogPosition,
  type DirtyEntry,
  type KeyBounds,
  type StateBackend,
  type TaskState,
  TransactionBuffer,
} from '@millrace/core/internal'

/** A state backend that a suite tests. */
export interface StateBackendUnderTest {
  readonly backend: StateBackend
  /** An empty place for a persistent backend; a directory below it is a task's. @defaultValue '' */
  readonly directory?: string
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
  readonly #directory: string
  state: TaskState
  buffer: TransactionBuffer
  /** Event time of the record that is being processed. */
  nowMs = 0

  private constructor(underTest: StateBackendUnderTest, state: TaskState) {
    this.backend = underTest.backend
    this.#directory = underTest.directory ?? ''
    this.state = state
    this.buffer = new TransactionBuffer(STORE, state.entries(STORE))
  }

  static async open(underTest: StateBackendUnderTest): Promise<StateBackendBed> {
    return new StateBackendBed(underTest, await openTask(underTest, TASK))
  }

  /** Another task beside the one of the bed. */
  async openOther(taskId: string, stores?: readonly string[]): Promise<TaskState> {
    return openTask({ backend: this.backend, directory: this.#directory }, taskId, stores)
  }

  /** Closes the task and opens it again. */
  async reopen(): Promise<void> {
    await this.state.close()
    this.state = await this.openOther(TASK)
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
    await this.state.apply([this.buffer.batch()], new Map([[STORE, at(position)]]))
    this.buffer.clear()
  }

  #printed(entries: Iterable<readonly [Uint8Array, Uint8Array]>): readonly string[] {
    return [...entries].map(([key, value]) => `${text(key)}=${text(value)}`)
  }
}

async function openTask(
  { backend, directory = '' }: StateBackendUnderTest,
  taskId: string,
  stores: readonly string[] = [STORE, OTHER_STORE],
): Promise<TaskState> {
  return backend.open({
    taskId,
    stores,
    directory: directory === '' ? '' : join(directory, taskId),
  })
}

/** A position in a changelog that was never made anew. */
export function at(offset: number): ChangelogPosition {
  return { offset, topicId: 'first' }
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
