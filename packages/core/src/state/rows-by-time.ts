import type { Serde } from '../serde/serde.ts'
import { BufferedRows, type ValueCodec } from './buffered-rows.ts'
import { BufferedWrite } from './buffered-write.ts'
import type { UpdateCause } from './record-cache.ts'
import { MapKeys } from './map-keys.ts'
import {
  INDEXED,
  indexText,
  PREFIX_BYTES,
  segmentIdOf,
  Segments,
  type SegmentSpans,
  segmentText,
} from './segments.ts'
import type { StoreEnvironment } from './store-builder.ts'

export interface RowsByTimeParts<K, V> {
  readonly key: Serde<K>
  readonly codec: ValueCodec<V>
  readonly spans: SegmentSpans
  readonly environment: StoreEnvironment
  /** See `MapKeys`. */
  readonly keysAreWhole: boolean
}

/** Times that stand behind a key, as the text of their bytes. */
export interface Times {
  readonly text: string
  /** The segment that they are in, as the text of its prefix. */
  readonly segment: string
}

/**
 * The rows of a store by time, see `Segments`, one at a time. {@link select} says which row the other methods are
 * about; what that costs beyond the key is kept from one call to the next.
 */
export class RowsByTime<K, V> {
  readonly segments: Segments
  readonly keys: MapKeys<K>
  readonly rows: BufferedRows<V>
  readonly #environment: StoreEnvironment
  readonly #spans: SegmentSpans
  /** The row in question, and the times in it if {@link select} was told them. */
  #stored = ''
  #times: Times | undefined
  #segmentId = -1
  #segmentText = ''
  /** The index has the row already, at this generation of the buffer. */
  #indexedAt = -1

  constructor({ key, codec, spans, environment, keysAreWhole }: RowsByTimeParts<K, V>) {
    // Without a cache as in Kafka Streams: what has expired is gone.
    const awaitsRelease = spans.awaitsRelease === true && environment.cache !== undefined
    this.segments = new Segments(environment.buffer, spans, awaitsRelease)
    this.keys = new MapKeys(key, environment.changelogTopic, keysAreWhole)
    this.rows = new BufferedRows(codec, environment)
    this.#environment = environment
    this.#spans = spans
  }

  /** The text of a key. */
  textOf(key: K): string {
    if (this.keys.use(key)) this.#times = undefined
    return this.keys.mapKey
  }

  /** `decidingMs`: the time that decides about the segment. */
  times(text: string, decidingMs: number): Times {
    const segmentId = segmentIdOf(decidingMs, this.#spans)
    if (segmentId !== this.#segmentId) {
      this.#segmentId = segmentId
      this.#segmentText = segmentText(segmentId)
    }
    return { text, segment: this.#segmentText }
  }

  select(key: K, times: Times): void {
    const isOther = this.keys.use(key)
    const before = this.#times
    if (!isOther && (times === before || times.text === before?.text)) return
    this.selectStored(this.storedText(key, times))
    this.#times = times
  }

  /** The key of a row as it is stored, as text: what {@link selectStored} takes. */
  storedText(key: K, times: Times): string {
    return times.segment + this.textOf(key) + times.text
  }

  selectStored(text: string): void {
    if (text === this.#stored) return
    this.#stored = text
    this.#times = undefined
    this.#indexedAt = -1
    this.rows.select(text)
  }

  /** Null when there is no such row; one that has expired may still be there. */
  get(): V | null {
    const row = this.rows.get()
    if (row !== null) this.#indexedAt = this.#environment.buffer.generation
    return row
  }

  /** `isFresh`: see `BufferedRows`. */
  put(row: V | null, isFresh = false): void {
    this.#index(row !== null)
    this.rows.put(row, isFresh)
  }

  hold(row: V | null, cause: UpdateCause, isFresh = false): void {
    this.#index(row !== null)
    this.rows.hold(row, cause, isFresh)
  }

  /** See `BufferedRows`. */
  drop(): boolean {
    if (!this.rows.drop()) return false
    if (this.#spans.indexTimeBytes === undefined) return true
    this.#environment.buffer.forget(this.#indexTextOf(this.#spans.indexTimeBytes))
    this.#indexedAt = -1
    return true
  }

  /** The key of a row. `timeBytes`: of the times behind it. */
  keyOf({ mapKey }: BufferedWrite, timeBytes: number): K {
    const text = mapKey.slice(PREFIX_BYTES, mapKey.length - timeBytes)
    return this.keys.keyOfText(text) ?? this.keys.keyOfBytes(Buffer.from(text, 'latin1'))
  }

  #index(isThere: boolean): void {
    if (this.#spans.indexTimeBytes === undefined) return
    const { buffer } = this.#environment
    if (isThere && this.#indexedAt === buffer.generation) return
    const text = this.#indexTextOf(this.#spans.indexTimeBytes)
    const write = new BufferedWrite(text, undefined)
    write.setBytes(isThere ? INDEXED : null, this.#environment.currentTimestampMs())
    buffer.replace(buffer.dirtyEntry(text), write)
    this.#indexedAt = isThere ? buffer.generation : -1
  }

  #indexTextOf(timeBytes: number): string {
    const stored = this.#stored
    const times = stored.length - timeBytes
    return indexText(stored.slice(times), stored.slice(PREFIX_BYTES, times))
  }
}
