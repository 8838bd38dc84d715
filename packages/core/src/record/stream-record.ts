import { type Headers, NO_HEADERS } from './headers.ts'

/**
 * What flows between processors: immutable; `with…` gives a changed copy.
 *
 * Key and value can be null at run time whatever `K` and `V` say, as in Kafka Streams: a topic may
 * hold null keys and tombstones. Declare `serdes.nullable(…)` to have the compiler ask for the case.
 */
export class StreamRecord<out K, out V> {
  readonly key: K
  readonly value: V
  /** Milliseconds since the epoch, never negative. */
  readonly timestampMs: number
  readonly headers: Headers

  constructor(key: K, value: V, timestampMs: number, headers: Headers = NO_HEADERS) {
    this.key = key
    this.value = value
    this.timestampMs = timestampMs
    this.headers = headers
  }

  /** A copy with another key. */
  withKey<K2>(key: K2): StreamRecord<K2, V> {
    return new StreamRecord(key, this.value, this.timestampMs, this.headers)
  }

  /** A copy with another value. */
  withValue<V2>(value: V2): StreamRecord<K, V2> {
    return new StreamRecord(this.key, value, this.timestampMs, this.headers)
  }

  /** A copy with another key and value. */
  withKeyValue<K2, V2>(key: K2, value: V2): StreamRecord<K2, V2> {
    return new StreamRecord(key, value, this.timestampMs, this.headers)
  }

  /** @throws TypeError for a negative timestamp. */
  withTimestamp(timestampMs: number): StreamRecord<K, V> {
    if (!(timestampMs >= 0)) throw new TypeError(`timestampMs must be >= 0, is ${timestampMs}`)
    return new StreamRecord(this.key, this.value, timestampMs, this.headers)
  }

  /** A copy with other headers. */
  withHeaders(headers: Headers): StreamRecord<K, V> {
    return new StreamRecord(this.key, this.value, this.timestampMs, headers)
  }
}
