import { bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
import { OrderedMap } from './ordered-map.ts'
import type {
  ChangelogPosition,
  CommittedEntries,
  KeyBounds,
  StateBackend,
  StoreBatch,
  TaskState,
} from './state-backend.ts'

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** State in the process's memory: restored from the changelog whenever a task is opened. */
export function inMemory(): StateBackend {
  return {
    kind: 'in-memory',
    persistent: false,
    open: ({ stores }) => new MemoryTaskState(stores),
  }
}

class MemoryTaskState implements TaskState {
  readonly #stores: ReadonlyMap<string, MemoryEntries>
  readonly #positions = new Map<string, ChangelogPosition>()

  constructor(stores: readonly string[]) {
    this.#stores = new Map(stores.map((name) => [name, new MemoryEntries()]))
  }

  entries(store: string): CommittedEntries {
    return this.#entries(store)
  }

  position(store: string): ChangelogPosition | undefined {
    return this.#positions.get(store)
  }

  apply(batches: readonly StoreBatch[], positions: ReadonlyMap<string, ChangelogPosition>): void {
    for (const batch of batches) this.#entries(batch.store).write(batch)
    for (const [store, position] of positions) this.#positions.set(store, position)
  }

  clear(store: string): void {
    this.#entries(store).clear()
    this.#positions.delete(store)
  }

  close(): void {
    for (const entries of this.#stores.values()) entries.clear()
    this.#positions.clear()
  }

  #entries(store: string): MemoryEntries {
    const entries = this.#stores.get(store)
    if (entries === undefined) throw new TypeError(`the task has no store ${store}`)
    return entries
  }
}

/**
 * Values are kept as strings of one unit a byte: a small Buffer is a slice of a pool that all of it
 * keeps alive (8 KiB for a value of 20 bytes, in a store whose other keys change), and a Buffer of its
 * own costs some 200 bytes beside the value.
 */
class MemoryEntries implements CommittedEntries {
  readonly #entries = new OrderedMap<string>()

  get(_key: Uint8Array | undefined, mapKey: string): Uint8Array | undefined {
    const value = this.#entries.get(mapKey)
    return value === undefined ? undefined : mapKeyToBytes(value)
  }

  range({ from, to, reverse }: KeyBounds): Iterable<Entry> {
    // The view is taken here: a generator would take it when it is first asked.
    return entriesOf(this.#entries.range(mapKeyOf(from), mapKeyOf(to), reverse))
  }

  write({ deletedRanges = [], writes }: StoreBatch): void {
    for (const { from, to } of deletedRanges) {
      this.#entries.deleteRange(bytesToMapKey(from), bytesToMapKey(to))
    }
    for (const { mapKey, value } of writes) {
      if (value === null) this.#entries.delete(mapKey)
      else this.#entries.set(mapKey, bytesToMapKey(value))
    }
  }

  clear(): void {
    this.#entries.clear()
  }
}

function mapKeyOf(bound: Uint8Array | undefined): string | undefined {
  return bound === undefined ? undefined : bytesToMapKey(bound)
}

function* entriesOf(view: Iterable<readonly [string, string]>): Generator<Entry, undefined> {
  for (const [mapKey, value] of view) yield [mapKeyToBytes(mapKey), mapKeyToBytes(value)]
}
