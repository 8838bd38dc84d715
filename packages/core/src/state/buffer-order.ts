import { bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
import { writeLong } from '../base/long-bytes.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** How many of the oldest are read at once. */
const READ_AHEAD = 256
/** What is known beyond this is forgotten again, and read when it is wanted. */
const MAX_AHEAD = 4 * READ_AHEAD

const LAYOUT = 0x02
const FROM = Uint8Array.of(LAYOUT)
const TO = Uint8Array.of(LAYOUT + 1)
const TIME_AT = 1
const TIME_BYTES = 8
const KEY_AT = TIME_AT + TIME_BYTES
const NOTHING = new Uint8Array(0)

/*
 * The entries of a buffer in the order in which they leave it: by time, then by the bytes of their keys.
 *
 * Stored key: layout(1) + time(8) + key. It has no value, unless the entries themselves are kept in this order.
 *
 * Why a list of the oldest ones is kept: nearly every record lets some leave, and to ask a store on disk
 * for its first entry costs more than all the rest. The list is derived: what is taken back is read anew.
 */
export class BufferOrder {
  readonly #buffer: TransactionBuffer
  /** From {@link #at} on: all keys up to {@link #end}, in order. */
  #ahead: string[] = []
  #at = 0
  #end: string | undefined
  /** True: there is none behind the list. */
  #isComplete = false
  #generation = -1

  constructor(buffer: TransactionBuffer) {
    this.#buffer = buffer
  }

  /** The one that leaves first. */
  first(): string | undefined {
    this.#sync()
    if (this.#at >= this.#ahead.length && !this.#isComplete) this.#readOn()
    return this.#ahead[this.#at]
  }

  add(timeMs: number, key: Uint8Array, writtenMs: number, value: Uint8Array = NOTHING): void {
    const stored = orderKey(timeMs, key)
    const mapKey = bytesToMapKey(stored)
    this.#sync()
    this.#buffer.put(stored, value, writtenMs, mapKey)
    if (!this.#isComplete && (this.#end === undefined || mapKey > this.#end)) return
    const at = this.#placeOf(mapKey)
    if (at === this.#ahead.length) this.#ahead.push(mapKey)
    else if (this.#ahead[at] !== mapKey) this.#ahead.splice(at, 0, mapKey)
    if (this.#ahead.length - this.#at > MAX_AHEAD) this.#forgetLast()
  }

  remove(timeMs: number, key: Uint8Array, writtenMs: number): void {
    const stored = orderKey(timeMs, key)
    const mapKey = bytesToMapKey(stored)
    this.#sync()
    deleteEntry(this.#buffer, stored, mapKey, writtenMs)
    const at = this.#placeOf(mapKey)
    if (this.#ahead[at] !== mapKey) return
    if (at > this.#at) {
      this.#ahead.splice(at, 1)
      return
    }
    this.#at++
    if (this.#at < READ_AHEAD && this.#at < this.#ahead.length) return
    this.#ahead = this.#ahead.slice(this.#at)
    this.#at = 0
  }

  #sync(): void {
    if (this.#generation === this.#buffer.generation) return
    this.#generation = this.#buffer.generation
    this.#ahead = []
    this.#at = 0
    this.#end = undefined
    this.#isComplete = false
  }

  #readOn(): void {
    const from = this.#end === undefined ? FROM : mapKeyToBytes(`${this.#end}\0`)
    this.#ahead = []
    this.#at = 0
    for (const [key] of this.#buffer.range({ from, to: TO, reverse: false })) {
      this.#ahead.push(bytesToMapKey(key))
      if (this.#ahead.length === READ_AHEAD) break
    }
    this.#isComplete = this.#ahead.length < READ_AHEAD
    this.#end = this.#ahead.at(-1) ?? this.#end
  }

  #forgetLast(): void {
    this.#ahead = this.#ahead.slice(this.#at, this.#at + READ_AHEAD)
    this.#at = 0
    this.#end = this.#ahead.at(-1)
    this.#isComplete = false
  }

  /** The index of the key in the list, or where it would be. */
  #placeOf(mapKey: string): number {
    let low = this.#at
    let high = this.#ahead.length
    // Most are newer than all others.
    if (high > low && (this.#ahead[high - 1] ?? '') < mapKey) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ahead[middle] ?? '') < mapKey) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The time in a key of {@link BufferOrder}. */
export function timeOfOrder(mapKey: string): number {
  let timeMs = 0
  for (let at = TIME_AT; at < KEY_AT; at++) timeMs = timeMs * 256 + mapKey.charCodeAt(at)
  return timeMs
}

export function keyOfOrder(mapKey: string): Buffer {
  return mapKeyToBytes(mapKey.slice(KEY_AT))
}

/** Deletes an entry; what no committed entry knows of needs no trace. */
export function deleteEntry(
  buffer: TransactionBuffer,
  key: Uint8Array,
  mapKey: string,
  writtenMs: number,
): void {
  const isWritten = buffer.dirtyEntry(mapKey) !== undefined
  if (isWritten && buffer.committedValue(key, mapKey) === null) buffer.forget(mapKey)
  else buffer.put(key, null, writtenMs, mapKey)
}

function orderKey(timeMs: number, key: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(KEY_AT + key.length)
  stored[0] = LAYOUT
  writeLong(stored, timeMs, TIME_AT)
  stored.set(key, KEY_AT)
  return stored
}
