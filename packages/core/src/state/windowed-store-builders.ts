import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import type { Serde } from '../serde/serde.ts'
import { CHANGELOG_COMPACT, windowedChangelog } from './changelog-topic-config.ts'
import type { ValueAndTimestamp } from './key-value-store.ts'
import { plainCodec, plainValues } from './plain-key-value-store.ts'
import { segmentedChangelog } from './segmented-changelog.ts'
import type { SegmentSpans } from './segments.ts'
import { endOfSession, SESSION_TIME_BYTES } from './session-key.ts'
import type { SessionStore } from './session-store.ts'
import type { SessionTableStore } from './session-table-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'
import type { ChangelogCodec } from './store-changelog.ts'
import { timestampedCodec, timestampedValues } from './timestamped-key-value-store.ts'
import type { ValueCodec } from './buffered-rows.ts'
import { TypedSessionStore } from './typed-session-store.ts'
import { TypedWindowStore } from './typed-window-store.ts'
import { sequenceOfWindow, startOfWindow, WINDOW_TIME_BYTES } from './window-key.ts'
import type { TimestampedWindowStore, WindowStore } from './window-store.ts'
import type { WindowTableStore } from './window-table-store.ts'

/** How a store by time is kept. */
export interface WindowedStoreOptions extends StoreOptions {
  /** How long after the highest time written a window or session can be read. */
  readonly retention: Duration
  /**
   * What keeps the changelog from growing. `'compact,delete'`, as in Kafka Streams: the broker deletes what is
   * older than the retention and one day *by its own clock*, so records whose event time is further behind
   * are lost to a restore. `'compact'`: the store deletes expired windows from the changelog itself, one
   * tombstone each; take it to process old records.
   * @defaultValue 'compact,delete'
   */
  readonly changelogCleanup?: 'compact,delete' | 'compact'
}

export interface WindowStoreOptions<K, V> extends WindowedStoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Where windows end that are read; it is not stored. At most the retention. */
  readonly windowSize: Duration
  /** True: each put adds an entry, and none overwrites another. @defaultValue false */
  readonly retainDuplicates?: boolean
}

/** What the DSL says of the store of a windowed table. */
export interface WindowTableStoreOptions<K, V> extends Omit<WindowedStoreOptions, 'retention'> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Infinity: windows have no end, and are kept for ever. */
  readonly windowSizeMs: number
  readonly retentionMs: number
  readonly caching: boolean
  /**
   * True: windows are sent when they have closed. They are found by time then and, with a cache, do not expire
   * before they are sent.
   */
  readonly emitsFinal: boolean
}

/** What the DSL says of the store of a table by sessions. */
export type SessionTableStoreOptions<K, V> = Omit<WindowTableStoreOptions<K, V>, 'windowSizeMs'>

export interface SessionStoreOptions<K, V> extends WindowedStoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Shorter segments would be dropped too often (Kafka Streams: `Stores.defaultSegmentInterval`). */
const MIN_SEGMENT_INTERVAL_MS = 60_000

interface ValueForm<V, S> {
  readonly codec: ChangelogCodec
  readonly values: (value: Serde<V>, environment: StoreEnvironment) => ValueCodec<S>
}

export function windowStore<K, V>(
  name: string,
  options: WindowStoreOptions<K, V>,
): StoreBuilder<WindowStore<K, V>> {
  return windowStoreOf(name, options, { codec: plainCodec, values: plainValues })
}

export function timestampedWindowStore<K, V>(
  name: string,
  options: WindowStoreOptions<K, V>,
): StoreBuilder<TimestampedWindowStore<K, V>> {
  return windowStoreOf(name, options, timestampedForm())
}

/** The store of a windowed table. */
export function windowTableStoreBuilder<K, V>(
  name: string,
  options: WindowTableStoreOptions<K, V>,
): StoreBuilder<WindowTableStore<K, V>> {
  const { caching, emitsFinal, retentionMs, ...settings } = options
  const spans = {
    ...segmentSpans(retentionMs),
    ...(emitsFinal
      ? { indexTimeBytes: WINDOW_TIME_BYTES, findsOldest: true, awaitsRelease: caching }
      : {}),
  }
  const parts = { ...settings, spans, isOfTable: true }
  return { ...windowStoreIn(name, parts, timestampedForm<V>()), caching }
}

export function sessionStore<K, V>(
  name: string,
  { retention, ...options }: SessionStoreOptions<K, V>,
): StoreBuilder<SessionStore<K, V>> {
  return sessionStoreIn(name, { ...options, spans: segmentSpans(durationToMs(retention)) })
}

/** The store of a table by sessions. One whose sessions are sent when they close has no cache, as in Kafka Streams. */
export function sessionTableStoreBuilder<K, V>(
  name: string,
  options: SessionTableStoreOptions<K, V>,
): StoreBuilder<SessionTableStore<K, V>> {
  const { caching, emitsFinal, retentionMs, ...settings } = options
  const spans = {
    ...segmentSpans(retentionMs),
    ...(emitsFinal ? { indexTimeBytes: SESSION_TIME_BYTES } : {}),
  }
  const parts = { ...settings, spans, isOfTable: true }
  return { ...sessionStoreIn(name, parts), caching: caching && !emitsFinal }
}

function sessionStoreIn<K, V>(
  name: string,
  parts: Omit<WindowStoreParts<K, V>, 'windowSizeMs'>,
): StoreBuilder<TypedSessionStore<K, V>> {
  const { key, value, spans, changelogCleanup, isOfTable = false } = parts
  return {
    ...windowedStoreSettings(name, parts, spans),
    changelog: segmentedChangelog({
      codec: plainCodec,
      spans,
      timestampOf: endOfSession,
      writesTombstones: changelogCleanup === 'compact',
    }),
    build: (environment) =>
      new TypedSessionStore({
        name,
        key,
        codec: plainValues(value, environment),
        spans,
        keysAreWhole: isOfTable,
        environment,
      }),
  }
}

function timestampedForm<V>(): ValueForm<V, ValueAndTimestamp<V>> {
  return { codec: timestampedCodec, values: timestampedValues }
}

function windowStoreOf<K, V, S>(
  name: string,
  { windowSize, retention, ...options }: WindowStoreOptions<K, V>,
  form: ValueForm<V, S>,
): StoreBuilder<WindowStore<K, S>> {
  const windowSizeMs = durationToMs(windowSize)
  const retentionMs = durationToMs(retention)
  assert(
    windowSizeMs <= retentionMs,
    `store ${name}: windows of ${windowSizeMs} ms do not fit into a retention of ${retentionMs} ms`,
  )
  return windowStoreIn(name, { ...options, windowSizeMs, spans: segmentSpans(retentionMs) }, form)
}

interface WindowStoreParts<K, V> extends Omit<WindowedStoreOptions, 'retention'> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly windowSizeMs: number
  readonly spans: SegmentSpans
  readonly retainDuplicates?: boolean
  readonly isOfTable?: boolean
}

function windowStoreIn<K, V, S>(
  name: string,
  parts: WindowStoreParts<K, V>,
  { codec, values }: ValueForm<V, S>,
): StoreBuilder<TypedWindowStore<K, S>> {
  const { spans, retainDuplicates = false, isOfTable = false } = parts
  return {
    ...windowedStoreSettings(name, parts, spans),
    changelog: segmentedChangelog({
      codec,
      spans,
      timestampOf: startOfWindow,
      ...(retainDuplicates ? { sequenceOf: sequenceOfWindow } : {}),
      keepsOperatorTime: isOfTable,
      writesTombstones: parts.changelogCleanup === 'compact',
    }),
    build: (environment) =>
      new TypedWindowStore({
        name,
        key: parts.key,
        codec: values(parts.value, environment),
        windowSizeMs: parts.windowSizeMs,
        spans,
        retainDuplicates,
        // Keys of a table were decoded in its sub-topology; see `latestRows`.
        keysAreWhole: isOfTable,
        environment,
      }),
  }
}

/** The segments of a store with that retention; Infinity keeps everything. */
export function segmentSpans(retentionMs: number): SegmentSpans {
  // What is kept for ever is in one segment.
  const keptMs = Math.min(retentionMs, Number.MAX_SAFE_INTEGER)
  const segmentIntervalMs = Math.max(Math.floor(keptMs / 2), MIN_SEGMENT_INTERVAL_MS)
  return { retentionMs: keptMs, segmentIntervalMs }
}

/** What the stores by time have in common. */
export function windowedStoreSettings(
  name: string,
  { logging = true, topicConfig, changelogCleanup }: Omit<WindowedStoreOptions, 'retention'>,
  { retentionMs }: SegmentSpans,
): Pick<StoreBuilder, 'name' | 'logging' | 'topicConfig'> {
  const defaults =
    changelogCleanup === 'compact' ? CHANGELOG_COMPACT : windowedChangelog(retentionMs)
  return { name, logging, topicConfig: { ...defaults, ...topicConfig } }
}
