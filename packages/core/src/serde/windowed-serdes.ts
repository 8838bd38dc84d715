import { asBuffer } from '../base/bytes.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from './serde.ts'

const TIMESTAMP_BYTES = 8

/**
 * Keys of time windows in topics (Kafka Streams: `TimeWindowedSerde`): key + start(8). The end is not
 * written: it is the start and the size.
 */
export function timeWindowed<K>(inner: Serde<K>, windowSize: Duration): Serde<Windowed<K>> {
  return timeWindowedOf(inner, durationToMs(windowSize))
}

/** The same; Infinity stands for windows without an end. */
export function timeWindowedOf<K>(inner: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  return new TimeWindowedSerde(inner, sizeMs)
}

/** Keys of sessions in topics (Kafka Streams: `SessionWindowedSerde`): key + end(8) + start(8). */
export function sessionWindowed<K>(inner: Serde<K>): Serde<Windowed<K>> {
  return new SessionWindowedSerde(inner)
}

/** A serde of keys with their windows, which knows the serde of the keys in them. */
export abstract class WindowedSerde<K> implements Serde<Windowed<K>> {
  readonly inner: Serde<K>

  constructor(inner: Serde<K>) {
    this.inner = inner
  }

  abstract serialize(windowed: Windowed<K>, topic: string): Uint8Array
  abstract deserialize(bytes: Uint8Array, topic: string): Windowed<K>
}

class TimeWindowedSerde<K> extends WindowedSerde<K> {
  readonly #sizeMs: number

  constructor(inner: Serde<K>, sizeMs: number) {
    super(inner)
    this.#sizeMs = sizeMs
  }

  serialize({ key, window }: Windowed<K>, topic: string): Uint8Array {
    return withTimes(this.inner.serialize(key, topic), [window.startMs])
  }

  deserialize(bytes: Uint8Array, topic: string): Windowed<K> {
    const { keyBytes, times } = split(bytes, 1)
    const [startMs = 0] = times
    const window = { startMs, endMs: startMs + this.#sizeMs }
    return { key: this.inner.deserialize(keyBytes, topic), window }
  }
}

class SessionWindowedSerde<K> extends WindowedSerde<K> {
  serialize({ key, window }: Windowed<K>, topic: string): Uint8Array {
    return withTimes(this.inner.serialize(key, topic), [window.endMs, window.startMs])
  }

  deserialize(bytes: Uint8Array, topic: string): Windowed<K> {
    const { keyBytes, times } = split(bytes, 2)
    const [endMs = 0, startMs = 0] = times
    return { key: this.inner.deserialize(keyBytes, topic), window: { startMs, endMs } }
  }
}

function withTimes(keyBytes: Uint8Array, times: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(keyBytes.length + times.length * TIMESTAMP_BYTES)
  bytes.set(keyBytes)
  times.forEach((ms, i) => {
    writeTimestamp(bytes, ms, keyBytes.length + i * TIMESTAMP_BYTES)
  })
  return bytes
}

function split(
  bytes: Uint8Array,
  count: number,
): { readonly keyBytes: Uint8Array; readonly times: readonly number[] } {
  const end = bytes.length - count * TIMESTAMP_BYTES
  if (end < 0) throw new RangeError(`a windowed key has more bytes than ${bytes.length}`)
  const buffer = asBuffer(bytes)
  const times = Array.from({ length: count }, (_, i) =>
    readTimestamp(buffer, end + i * TIMESTAMP_BYTES),
  )
  return { keyBytes: bytes.subarray(0, end), times }
}
