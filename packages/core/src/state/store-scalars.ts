import { asBuffer, bytesToMapKey } from '../base/bytes.ts'
import { readLong, writeLong } from '../base/long-bytes.ts'
import type { CommittedEntries } from './state-backend.ts'
import type { DirtyEntry } from './transaction-buffer.ts'

/** The key of the entry that holds the numbers of a store; every other key of such a store begins with another byte. */
export const SCALARS_KEY: Uint8Array = Uint8Array.of(0x00)
const SCALARS_MAP_KEY = bytesToMapKey(SCALARS_KEY)

/** Sequence numbers are positive ints in Java. */
const SEQUENCE_MASK = 0x7fff_ffff
const SCALARS_BYTES = 12
const SIZES_BYTES = 16
const TIME_BYTES = 8

interface Numbers {
  readonly streamTimeMs: number
  readonly sequence: number
  /** How much the store holds, where it counts that. */
  readonly count: number
  readonly bytes: number
  /** What the operator of the store has observed, where it keeps that. */
  readonly operatorTimeMs: number
}

const NONE: Numbers = { streamTimeMs: -1, sequence: 0, count: 0, bytes: 0, operatorTimeMs: -1 }

/**
 * The numbers of one store that belong to the transaction: its observed stream time, the last
 * sequence number it gave to a duplicate, of a store with bounds how much it holds, and the stream time
 * that its operator has observed. They are kept as one entry of the store, so that a persistent store still
 * knows them when it is opened again; Kafka Streams begins anew with -1 and 0.
 *
 * Stored form: stream time(8) + sequence(4), with a size count(8) + bytes(8), and with a time of the operator
 * that(8). The entry is not part of the changelog: a restore counts the numbers from the records.
 */
export class StoreScalars {
  readonly #committed: CommittedEntries
  /** Read from the committed entries at the first use: a store is built before it is restored. */
  #isLoaded = false
  #isChanged = false
  #streamTimeMs = -1
  #sequence = 0
  #count = 0
  #bytes = 0
  #operatorTimeMs = -1
  #savepoint: { readonly numbers: Numbers; readonly isChanged: boolean } | undefined

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

  /**
   * Highest event time that the operator of the store has seen, written or not; -1 before the first. It decides
   * what is late, so it must not be less after an abort or a restart than before.
   */
  get operatorTimeMs(): number {
    if (!this.#isLoaded) this.#load()
    return this.#operatorTimeMs
  }

  /** Moves the operator's time on, never back; returns it. */
  observeOperator(timestampMs: number): number {
    if (timestampMs > this.operatorTimeMs) {
      this.#operatorTimeMs = timestampMs
      this.#isChanged = true
    }
    return this.#operatorTimeMs
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

  /** Of the store's entries, as {@link resize} has counted them. */
  get count(): number {
    if (!this.#isLoaded) this.#load()
    return this.#count
  }

  get bytes(): number {
    if (!this.#isLoaded) this.#load()
    return this.#bytes
  }

  resize(entries: number, bytes: number): void {
    if (!this.#isLoaded) this.#load()
    if (entries === 0 && bytes === 0) return
    this.#count += entries
    this.#bytes += bytes
    this.#isChanged = true
  }

  get isChanged(): boolean {
    return this.#isChanged
  }

  /** The entry to be written with the transaction; undefined when nothing has changed. */
  entry(): DirtyEntry | undefined {
    if (!this.#isChanged) return undefined
    const hasSize = this.#count !== 0 || this.#bytes !== 0
    const hasTime = this.#operatorTimeMs !== -1
    const sizesEnd = SCALARS_BYTES + (hasSize ? SIZES_BYTES : 0)
    const value = Buffer.allocUnsafe(sizesEnd + (hasTime ? TIME_BYTES : 0))
    writeLong(value, this.#streamTimeMs, 0)
    value.writeInt32BE(this.#sequence, 8)
    if (hasSize) {
      writeLong(value, this.#count, SCALARS_BYTES)
      writeLong(value, this.#bytes, SCALARS_BYTES + 8)
    }
    if (hasTime) writeLong(value, this.#operatorTimeMs, sizesEnd)
    return { key: SCALARS_KEY, mapKey: SCALARS_MAP_KEY, value, timestampMs: this.#streamTimeMs }
  }

  setSavepoint(): void {
    this.#savepoint = undefined
    if (!this.#isLoaded) return
    this.#savepoint = { numbers: this.#numbers(), isChanged: this.#isChanged }
  }

  rollbackToSavepoint(): void {
    if (this.#savepoint === undefined) {
      // Not used before the savepoint, so there is nothing but what is committed.
      this.clear()
      return
    }
    this.#set(this.#savepoint.numbers)
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
    this.#set(this.#read())
    this.#isLoaded = true
  }

  #numbers(): Numbers {
    return {
      streamTimeMs: this.#streamTimeMs,
      sequence: this.#sequence,
      count: this.#count,
      bytes: this.#bytes,
      operatorTimeMs: this.#operatorTimeMs,
    }
  }

  #set({ streamTimeMs, sequence, count, bytes, operatorTimeMs }: Numbers): void {
    this.#streamTimeMs = streamTimeMs
    this.#sequence = sequence
    this.#count = count
    this.#bytes = bytes
    this.#operatorTimeMs = operatorTimeMs
  }

  #read(): Numbers {
    const stored = this.#committed.get(SCALARS_KEY, SCALARS_MAP_KEY)
    if (stored === undefined) return NONE
    const value = asBuffer(stored)
    const hasSize = value.length >= SCALARS_BYTES + SIZES_BYTES
    const sizesEnd = SCALARS_BYTES + (hasSize ? SIZES_BYTES : 0)
    return {
      streamTimeMs: readLong(value, 0),
      sequence: value.readInt32BE(8),
      count: hasSize ? readLong(value, SCALARS_BYTES) : 0,
      bytes: hasSize ? readLong(value, SCALARS_BYTES + 8) : 0,
      operatorTimeMs: value.length > sizesEnd ? readLong(value, sizesEnd) : -1,
    }
  }
}
