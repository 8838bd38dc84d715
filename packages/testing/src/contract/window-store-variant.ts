import {
  type KeyValueEntry,
  serdes,
  type StateStore,
  stores,
  type StoreBuilder,
  type ValueAndTimestamp,
  type WindowedEntry,
  type WindowEntry,
  type WindowStore,
} from '@millrace/core'
import {
  CacheBudget,
  type CacheScope,
  RecordCache,
  type WindowTableStore,
  windowTableStoreBuilder,
} from '@millrace/core/internal'
import { type StateBackendBed, STORE } from './state-backend-bed.ts'

export const RETENTION_MS = 200_000
export const SEGMENT_MS = 100_000
const WINDOW_MS = 1000

/** Keys in hex, in the order of their bytes. */
const BYTE_KEYS = ['', '00', '0000', '61', '6100', '61ff', '62', 'fe', 'ff', 'ffff'] as const
/** The same as texts: some are ASCII, some are not, some are in no text as they are. */
const TEXT_KEYS = ['', '00', '20', '61', '6100', '6162', '7e', '7f', 'c3a9', 'c3bf62'] as const

type Windows = WindowStore<Uint8Array, string>

/** A kind of window store, as one of bytes and texts. */
export interface WindowStoreVariant {
  readonly title: string
  readonly keys: readonly [string, ...string[]]
  readonly retainDuplicates: boolean
  /** True: there is an index by time, and all windows come in that order. */
  readonly isOrderedByTime: boolean
  /** True: what was not released does not expire. */
  readonly awaitsRelease: boolean
  open(bed: StateBackendBed, compacts: boolean): StoreBuilder<Windows & Releasing>
}

export interface Releasing extends StateStore {
  release?(startMs: number): void
}

const plain = {
  keys: BYTE_KEYS,
  retainDuplicates: false,
  isOrderedByTime: false,
  awaitsRelease: false,
}

export const WINDOW_STORE_VARIANTS: readonly WindowStoreVariant[] = [
  {
    ...plain,
    title: 'random operations give what a list gives',
    open: (_bed, compacts) => windowBuilder(compacts, false),
  },
  {
    ...plain,
    title: 'random operations on duplicates give what a list gives',
    retainDuplicates: true,
    open: (_bed, compacts) => windowBuilder(compacts, true),
  },
  {
    ...plain,
    title: 'random operations on the store of a table give what a list gives',
    keys: TEXT_KEYS,
    open: (bed, compacts) => tableBuilder(bed, { compacts, emitsFinal: false, caching: false }),
  },
  {
    ...plain,
    title: 'random operations on a store that finds windows by time give what a list gives',
    keys: TEXT_KEYS,
    isOrderedByTime: true,
    open: (bed, compacts) => tableBuilder(bed, { compacts, emitsFinal: true, caching: false }),
  },
  {
    ...plain,
    title:
      'random operations on a store whose windows wait for their release give what a list gives',
    keys: TEXT_KEYS,
    isOrderedByTime: true,
    awaitsRelease: true,
    open: (bed, compacts) => tableBuilder(bed, { compacts, emitsFinal: true, caching: true }),
  },
]

function windowBuilder(compacts: boolean, retainDuplicates: boolean): StoreBuilder<Windows> {
  return stores.window(STORE, {
    key: serdes.bytes,
    value: serdes.string,
    windowSize: WINDOW_MS,
    retention: RETENTION_MS,
    retainDuplicates,
    changelogCleanup: compacts ? 'compact' : 'compact,delete',
  })
}

interface TableOptions {
  readonly compacts: boolean
  readonly emitsFinal: boolean
  readonly caching: boolean
}

function tableBuilder(
  bed: StateBackendBed,
  { compacts, emitsFinal, caching }: TableOptions,
): StoreBuilder<Windows & Releasing> {
  const builder = windowTableStoreBuilder<string, string>(STORE, {
    key: serdes.string,
    value: serdes.string,
    windowSizeMs: WINDOW_MS,
    retentionMs: RETENTION_MS,
    changelogCleanup: compacts ? 'compact' : 'compact,delete',
    emitsFinal,
    caching,
  })
  return {
    ...builder,
    build(environment) {
      const cache = caching ? { cache: new RecordCache(new CacheBudget(0), NO_SCOPE) } : {}
      return new TableWindows(builder.build({ ...environment, ...cache }), bed)
    },
  }
}

/** Nothing is held back here. */
const NO_SCOPE: CacheScope = {
  current: undefined,
  flushSoon: () => undefined,
  forwardHeld: () => undefined,
}

/** Texts for the bytes, and each window updated by a record of its start, as an operator does it. */
class TableWindows implements Windows, Releasing {
  readonly name: string
  readonly #table: WindowTableStore<string, string>
  readonly #bed: StateBackendBed

  constructor(table: WindowTableStore<string, string>, bed: StateBackendBed) {
    this.name = table.name
    this.#table = table
    this.#bed = bed
  }

  release(startMs: number): void {
    this.#table.release(startMs)
  }

  put(key: Uint8Array, value: string | null, startMs: number): boolean {
    this.#bed.nowMs = startMs
    this.#table.observe(startMs)
    const row = value === null ? null : { value, timestampMs: startMs, headers: [] }
    return this.#table.put(textOf(key), row, startMs)
  }

  fetch(key: Uint8Array, startMs: number): string | null
  fetch(key: Uint8Array, fromMs: number, toMs: number): IterableIterator<WindowEntry<string>>
  fetch(
    key: Uint8Array,
    fromMs: number,
    toMs?: number,
  ): string | null | IterableIterator<WindowEntry<string>> {
    if (toMs === undefined) return this.#table.fetch(textOf(key), fromMs)?.value ?? null
    return values(this.#table.fetch(textOf(key), fromMs, toMs))
  }

  backwardFetch(
    key: Uint8Array,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowEntry<string>> {
    return values(this.#table.backwardFetch(textOf(key), fromMs, toMs))
  }

  fetchRange(
    from: Uint8Array | null,
    to: Uint8Array | null,
    fromMs: number,
    toMs: number,
  ): Entries {
    return entries(this.#table.fetchRange(textOrNull(from), textOrNull(to), fromMs, toMs))
  }

  backwardFetchRange(
    from: Uint8Array | null,
    to: Uint8Array | null,
    fromMs: number,
    toMs: number,
  ): Entries {
    return entries(this.#table.backwardFetchRange(textOrNull(from), textOrNull(to), fromMs, toMs))
  }

  fetchAll(fromMs: number, toMs: number): Entries {
    return entries(this.#table.fetchAll(fromMs, toMs))
  }

  backwardFetchAll(fromMs: number, toMs: number): Entries {
    return entries(this.#table.backwardFetchAll(fromMs, toMs))
  }

  all(): Entries {
    return entries(this.#table.all())
  }

  backwardAll(): Entries {
    return entries(this.#table.backwardAll())
  }
}

type Entries = IterableIterator<WindowedEntry<Uint8Array, string>>

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString('utf8')
}

function textOrNull(key: Uint8Array | null): string | null {
  return key === null ? null : textOf(key)
}

function* values(
  found: Iterable<KeyValueEntry<number, ValueAndTimestamp<string>>>,
): IterableIterator<WindowEntry<string>> {
  for (const [startMs, { value }] of found) yield [startMs, value]
}

function* entries(
  found: Iterable<WindowedEntry<string, ValueAndTimestamp<string>>>,
): IterableIterator<WindowedEntry<Uint8Array, string>> {
  for (const [{ key, window }, { value }] of found) {
    yield [{ key: Buffer.from(key, 'utf8'), window }, value]
  }
}
