import { bytesToMapKey } from '../base/bytes.ts'
import { isAsciiText, isTextSerde } from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'

/**
 * The keys of a store as the texts that a Map finds them by; see `bytesToMapKey`. A key that is an ASCII text
 * is that text already, and needs no bytes.
 */
export class MapKeys<K> {
  readonly #serde: Serde<K>
  readonly #topic: string
  /** True: texts are kept as they are. */
  readonly #areTexts: boolean
  #lastKey: K | undefined
  #mapKey = ''
  #bytes: Uint8Array | undefined

  /**
   * @param keysAreWhole a text that is given as a key may be kept as it is, because it is no part of a longer one
   */
  constructor(serde: Serde<K>, topic: string, keysAreWhole: boolean) {
    this.#serde = serde
    this.#topic = topic
    this.#areTexts = keysAreWhole && isTextSerde(serde)
  }

  /** Of the key in use. */
  get mapKey(): string {
    return this.#mapKey
  }

  /** Of the key in use; undefined: those of {@link mapKey}. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes
  }

  /**
   * False when it is the key of the last call: an update reads and writes the same one. Only a primitive that is
   * the same is known to have the same bytes: an object may have changed since.
   */
  use(key: K): boolean {
    // Not `===`: 0 and -0 are other bytes in a double.
    if (key !== undefined && Object.is(key, this.#lastKey) && typeof key !== 'object') return false
    if (this.#areTexts && typeof key === 'string' && isAsciiText(key)) {
      this.#bytes = undefined
      this.#mapKey = key
    } else {
      this.#bytes = this.bytesOf(key)
      this.#mapKey = bytesToMapKey(this.#bytes)
    }
    // Last: a key that its serde refuses must be refused again.
    this.#lastKey = key
    return true
  }

  bytesOf(key: K): Uint8Array {
    return this.#serde.serialize(key, this.#topic)
  }

  /** The key of that text, where keys are texts; its bytes are to be asked otherwise. */
  keyOfText(mapKey: string): K | undefined {
    // A text whose bytes are its code units; K is the serde's type, and that is text.
    return this.#areTexts && isAsciiText(mapKey) ? (mapKey as K) : undefined
  }

  keyOfBytes(bytes: Uint8Array): K {
    return this.#serde.deserialize(bytes, this.#topic)
  }
}
