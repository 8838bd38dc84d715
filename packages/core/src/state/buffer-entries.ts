import { bytesToMapKey } from '../base/bytes.ts'
import { BufferOrder, deleteEntry, keyOfOrder, timeOfOrder } from './buffer-order.ts'
import {
  bufferTimeOf,
  type BufferValue,
  bufferValueBytes,
  decodeBufferValue,
  encodeBufferValue,
} from './buffer-value.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

const LAYOUT = 0x01
const KEY_AT = 1
const TIME_BYTES = 8

/** What the buffer has of one key. */
export interface FoundEntry {
  readonly key: Uint8Array
  readonly storedKey: Uint8Array
  readonly mapKey: string
  /** Undefined: nothing. */
  readonly value: BufferValue | undefined
  /** When the key came into the buffer; -1 when it is not there. */
  readonly timeMs: number
}

/**
 * The entries of a buffer, in a transaction: one a key, that leave it in the order of the times at which their
 * keys came (Kafka Streams: `InMemoryTimeOrderedKeyValueChangeBuffer`).
 *
 * Stored key: layout(1) + key; the value is that of the changelog. 0x00 is the store's numbers, which
 * count entries and bytes, and 0x02 the order.
 */
export class BufferEntries {
  readonly #buffer: TransactionBuffer
  readonly #order: BufferOrder

  constructor(buffer: TransactionBuffer) {
    this.#buffer = buffer
    this.#order = new BufferOrder(buffer)
  }

  get count(): number {
    return this.#buffer.scalars.count
  }

  /** As Kafka Streams counts them. */
  get bytes(): number {
    return this.#buffer.scalars.bytes
  }

  /** The time of the entry that leaves first; Infinity when there is none. */
  get firstMs(): number {
    const first = this.#order.first()
    return first === undefined ? Infinity : timeOfOrder(first)
  }

  first(): FoundEntry | undefined {
    const first = this.#order.first()
    return first === undefined ? undefined : this.find(keyOfOrder(first))
  }

  find(key: Uint8Array): FoundEntry {
    const storedKey = storedKeyOf(key)
    const mapKey = bytesToMapKey(storedKey)
    const stored = this.#buffer.get(storedKey, mapKey)
    if (stored === null) return { key, storedKey, mapKey, value: undefined, timeMs: -1 }
    const value = decodeBufferValue(stored)
    return { key, storedKey, mapKey, value, timeMs: bufferTimeOf(stored) }
  }

  /** `found` is what is there now. */
  put(found: FoundEntry, value: BufferValue, timeMs: number, writtenMs: number): void {
    const { key, storedKey, mapKey } = found
    if (found.value !== undefined && found.timeMs !== timeMs) {
      this.#order.remove(found.timeMs, key, writtenMs)
    }
    this.#buffer.put(storedKey, encodeBufferValue(value, timeMs), writtenMs, mapKey)
    if (found.timeMs !== timeMs) this.#order.add(timeMs, key, writtenMs)
    const isNew = found.value === undefined
    this.#buffer.scalars.resize(isNew ? 1 : 0, sizeOf(key, value) - sizeOf(key, found.value))
  }

  remove(found: FoundEntry, writtenMs: number): void {
    const { key, storedKey, mapKey, value, timeMs } = found
    if (value === undefined) return
    deleteEntry(this.#buffer, storedKey, mapKey, writtenMs)
    this.#order.remove(timeMs, key, writtenMs)
    this.#buffer.scalars.resize(-1, -sizeOf(key, value))
  }
}

/** The user's key of an entry; undefined for keys of other layouts. */
export function keyOfEntry(storedKey: Uint8Array): Uint8Array | undefined {
  return storedKey[0] === LAYOUT ? storedKey.subarray(KEY_AT) : undefined
}

function storedKeyOf(key: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(KEY_AT + key.length)
  stored[0] = LAYOUT
  stored.set(key, KEY_AT)
  return stored
}

function sizeOf(key: Uint8Array, value: BufferValue | undefined): number {
  return value === undefined ? 0 : TIME_BYTES + key.length + bufferValueBytes(value)
}
