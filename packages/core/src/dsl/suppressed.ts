import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import type { Windowed } from '../record/windowed.ts'
import type { StoreOptions } from '../state/store-builder.ts'

/**
 * What happens when a buffer holds more than its bounds allow: the oldest changes go out before their time,
 * or the app ends with `MR_SUPPRESS_BUFFER_FULL`.
 */
export type WhenBufferFull = 'emit-early' | 'shut-down'

interface BufferBounds extends StoreOptions {
  /** How many keys the buffer holds in each task. @defaultValue without bound */
  readonly maxRecords?: number
  /** How many bytes of keys, values, headers and topics it holds in each task, and 28 for each key. @defaultValue without bound */
  readonly maxBytes?: number
}

/** The buffer of `untilWindowCloses`: nothing may leave it early (Kafka Streams: `StrictBufferConfig`). */
export interface StrictBufferOptions extends BufferBounds {
  readonly whenFull?: 'shut-down'
}

/** The buffer of `untilTimeLimit`; one with a bound says what happens when it is full. */
export type BufferOptions =
  | (BufferBounds & { readonly whenFull: WhenBufferFull })
  | (StoreOptions & { readonly maxRecords?: undefined; readonly maxBytes?: undefined })

/** What a suppress waits for; made by {@link untilWindowCloses} and {@link untilTimeLimit}. */
export interface Suppressed<in K> {
  readonly kind: 'window-closes' | 'time-limit'
  /** How long a change waits; undefined: for the grace of the windows. */
  readonly limitMs: number | undefined
  /** The time from which on it waits. */
  readonly timeOf: (key: K, timestampMs: number) => number
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: WhenBufferFull
  readonly store: StoreOptions
}

/**
 * One result for each window, when stream time has passed its end and its grace: the final one. Deleted
 * windows are left out. For a session or a sliding window, whose end belongs to it, a result may be corrected
 * once more, as in Kafka Streams; `emit: 'on-window-close'` has no such case.
 */
export function untilWindowCloses(buffer: StrictBufferOptions = {}): Suppressed<Windowed<unknown>> {
  return Object.freeze({
    kind: 'window-closes',
    limitMs: undefined,
    timeOf: ({ window }: Windowed<unknown>) => window.endMs,
    ...boundsOf(buffer),
    whenFull: 'shut-down',
  })
}

/**
 * Of each key the last change within `limit` of stream time. The time begins with the first change of a key that
 * is held back, and later ones do not prolong it. Deletions are forwarded too.
 */
export function untilTimeLimit(limit: Duration, buffer: BufferOptions = {}): Suppressed<unknown> {
  return Object.freeze({
    kind: 'time-limit',
    limitMs: durationToMs(limit),
    timeOf: (_key: unknown, timestampMs: number) => timestampMs,
    ...boundsOf(buffer),
    whenFull: 'whenFull' in buffer ? buffer.whenFull : 'shut-down',
  })
}

function boundsOf(
  buffer: StrictBufferOptions | BufferOptions,
): Pick<Suppressed<unknown>, 'maxRecords' | 'maxBytes' | 'store'> {
  const { maxRecords = Infinity, maxBytes = Infinity, logging, topicConfig } = buffer
  assert(maxRecords >= 0, `maxRecords must be 0 or more, is ${maxRecords}`)
  assert(maxBytes >= 0, `maxBytes must be 0 or more, is ${maxBytes}`)
  const store = {
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
  }
  return { maxRecords, maxBytes, store }
}
