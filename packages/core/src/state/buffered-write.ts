import { mapKeyToBytes } from '../base/bytes.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'

/** Makes stored bytes of a primitive value. */
export type RowEncoder = (value: unknown, timestampMs: number, headers: Headers) => Uint8Array

/** A timestamp, or a number as it is stored. */
const NUMBER_BYTES = 8

/**
 * A write of the open transaction.
 *
 * Semantics: reads give the last write; bytes are made when they are asked for. A primitive value is kept as it
 * is, because most writes are overwritten before anyone wants their bytes.
 *
 * Changed in place by further writes of its key where nobody else can see it; see `TransactionBuffer`.
 */
export class BufferedWrite<Held = unknown> {
  readonly mapKey: string
  timestampMs = 0
  /** The value that {@link value} is made of; undefined: there are only bytes. */
  primitive: unknown = undefined
  headers: Headers = NO_HEADERS
  /** What a cache knows of this key. */
  held: Held | undefined = undefined
  /** True: the store knows that nothing is committed under this key. */
  isFresh = false
  #key: Uint8Array | undefined
  #value: Uint8Array | null | undefined = null
  #encode: RowEncoder | undefined

  /** `key` may be left out: its bytes are those of `mapKey`. */
  constructor(mapKey: string, key: Uint8Array | undefined) {
    this.mapKey = mapKey
    this.#key = key
  }

  get key(): Uint8Array {
    this.#key ??= mapKeyToBytes(this.mapKey)
    return this.#key
  }

  /** Null deletes. */
  get value(): Uint8Array | null {
    if (this.#value !== undefined) return this.#value
    this.#value = this.#encode?.(this.primitive, this.timestampMs, this.headers) ?? null
    return this.#value
  }

  get isDelete(): boolean {
    return this.#value === null
  }

  /** About how many bytes the value has. */
  get valueBytes(): number {
    if (this.#value === null) return 0
    if (this.#value !== undefined) return this.#value.length
    const { primitive } = this
    let bytes = NUMBER_BYTES + (typeof primitive === 'string' ? primitive.length : NUMBER_BYTES)
    for (const { key, value } of this.headers) bytes += key.length + (value?.length ?? 0)
    return bytes
  }

  setBytes(value: Uint8Array | null, timestampMs: number): void {
    this.#value = value
    this.timestampMs = timestampMs
    this.primitive = undefined
  }

  setPrimitive(value: unknown, timestampMs: number, headers: Headers, encode: RowEncoder): void {
    this.#value = undefined
    this.primitive = value
    this.timestampMs = timestampMs
    this.headers = headers
    this.#encode = encode
  }
}
