import { bytesToMapKey } from '../base/bytes.ts'
import type { CommittedEntries } from './state-backend.ts'
import type { DirtyEntry } from './transaction-buffer.ts'

/** The key of the entry that holds the numbers of a store; every other key of such a store begins with another byte. */
export const SCALARS_KEY: Uint8Array = Uint8Array.of(0x00)
const SCALARS_MAP_KEY = bytesToMapKey(SCALARS_KEY)

/** Sequence numbers are positive ints in Java. */
const SEQUENCE_MASK = 0x7fff_ffff
const SCALARS_BYTES = 12

/**
 * The numbers of one store that belong to the transaction: its observed stream time, and the last
 * sequence number it gave to a duplicate. They are kept as one entry of the store, so that a
 * persistent store still knows them when it is opened again; Kafka Streams begins anew with -1 and 0.
 *
 * Stored form: stream time(8) + sequence(4). The entry is not part of the changelog: a restore counts
 * the numbers from the records.
 */
export class StoreScalars {
  readonly #committed: CommittedEntries
  /** Read from the committed entries at the first use: a store is built before it is restored. */
  #isLoaded = false
  #isChanged = false
  #streamTimeMs = -1
  #sequence = 0
  #savepoint:
    | { readonly streamTimeMs: number; readonly sequence: number; readonly isChanged: boolean }
    | undefined

  constructor(committed: CommittedEntries) {
    this.#committed = committed
  }

  /** Highest event time written to the store, -1 before the first. */
  get streamTimeMs(): number {
    if (!this.#isLoaded) this.#load()
    return this.#streamTimeMs
  }

  get sequence(): number {
    if (!this.#isLoaded) this.#load()
    return this.#sequence
  }

  /** Moves the stream time on, never back; returns it. */
  observe(timestampMs: number): number {
    if (timestampMs > this.streamTimeMs) {
      this.#streamTimeMs = timestampMs
      this.#isChanged = true
    }
    return this.#streamTimeMs
  }

  nextSequence(): number {
    this.setSequence((this.sequence + 1) & SEQUENCE_MASK)
    return this.#sequence
  }

  setSequence(sequence: number): void {
    if (sequence === this.sequence) return
    this.#sequence = sequence
    this.#isChanged = true
  }

  get isChanged(): boolean {
    return this.#isChanged
  }

  /** The entry to be written with the transaction; undefined when nothing has changed. */
  entry(): DirtyEntry | undefined {
    if (!this.#isChanged) return undefined
    const value = Buffer.allocUnsafe(SCALARS_BYTES)
    value.writeBigInt64BE(BigInt(this.#streamTimeMs))
    value.writeInt32BE(this.#sequence, 8)
    return { key: SCALARS_KEY, mapKey: SCALARS_MAP_KEY, value, timestampMs: this.#streamTimeMs }
  }

  setSavepoint(): void {
    if (!this.#isLoaded) return
    const isChanged = this.#isChanged
    this.#savepoint = { streamTimeMs: this.#streamTimeMs, sequence: this.#sequence, isChanged }
  }

  rollbackToSavepoint(): void {
    if (this.#savepoint === undefined) {
      // Not used before the savepoint, so there is nothing but what is committed.
      this.clear()
      return
    }
    this.#streamTimeMs = this.#savepoint.streamTimeMs
    this.#sequence = this.#savepoint.sequence
    this.#isChanged = this.#savepoint.isChanged
    this.#savepoint = undefined
  }

  /** Goes back to what is committed. */
  clear(): void {
    this.#isLoaded = false
    this.#isChanged = false
    this.#savepoint = undefined
  }

  #load(): void {
    const { streamTimeMs, sequence } = this.#read()
    this.#streamTimeMs = streamTimeMs
    this.#sequence = sequence
    this.#isLoaded = true
  }

  #read(): { readonly streamTimeMs: number; readonly sequence: number } {
    const stored = this.#committed.get(SCALARS_KEY, SCALARS_MAP_KEY)
    if (stored === undefined) return { streamTimeMs: -1, sequence: 0 }
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
    return { streamTimeMs: Number(view.getBigInt64(0)), sequence: view.getInt32(8) }
  }
}
