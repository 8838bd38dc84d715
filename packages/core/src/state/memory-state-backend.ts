import { bytesToMapKey, mapKeyToBytes } from '../base/bytes.ts'
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
    for (const batch of batches) this.#entries(batch.store).write(batch.writes)
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
 * A hash map, and an ordered list of its keys that is made when a range asks for it.
 *
 * Values are kept as strings of one unit a byte: a small Buffer is a slice of a pool that all of it
 * keeps alive (8 KiB for a value of 20 bytes, in a store whose other keys change), and a Buffer of its
 * own costs some 200 bytes beside the value.
 */
class MemoryEntries implements CommittedEntries {
  readonly #entries = new Map<string, string>()
  /** Keys in order; undefined when keys came or went since it was made. */
  #sorted: readonly string[] | undefined

  get(_key: Uint8Array, mapKey: string): Uint8Array | undefined {
    const value = this.#entries.get(mapKey)
    return value === undefined ? undefined : mapKeyToBytes(value)
  }

  range({ from, to, reverse }: KeyBounds): Iterable<Entry> {
    this.#sorted ??= [...this.#entries.keys()].sort(compareText)
    const sorted = this.#sorted
    const first = from === undefined ? 0 : lowerBound(sorted, bytesToMapKey(from))
    const end = to === undefined ? sorted.length : lowerBound(sorted, bytesToMapKey(to))
    const view: Entry[] = []
    for (let i = first; i < end; i++) {
      const mapKey = sorted[i] ?? ''
      const value = this.#entries.get(mapKey)
      if (value !== undefined) view.push([mapKeyToBytes(mapKey), mapKeyToBytes(value)])
    }
    return reverse ? view.reverse() : view
  }

  write(writes: StoreBatch['writes']): void {
    const before = this.#entries.size
    let deleted = false
    for (const { mapKey, value } of writes) {
      if (value === null) deleted = this.#entries.delete(mapKey) || deleted
      else this.#entries.set(mapKey, bytesToMapKey(value))
    }
    if (deleted || this.#entries.size !== before) this.#sorted = undefined
  }

  clear(): void {
    this.#entries.clear()
    this.#sorted = undefined
  }
}

/** Code units 0 to 255 stand for bytes, so this is unsigned byte order; `localeCompare` is not. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
