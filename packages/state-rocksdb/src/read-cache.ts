/** What one entry costs beyond its bytes: a slot of a Map and two strings. */
const ENTRY_OVERHEAD_BYTES = 100

type Generation = Map<string, string | null>[]

/**
 * Committed values of one task's stores that were read lately, within a budget of bytes.
 *
 * Two generations, each of half the budget: an entry that is read moves to the young one; when that is
 * full the old one is forgotten and they change places. It keeps about what a list in order of use
 * would, without moving anything at a hit.
 *
 * Values are strings of one unit a byte, as in the memory backend: a small Buffer would keep alive all
 * of the pool that it is a slice of.
 */
export class ReadCache {
  readonly #stores: number
  #limitBytes = 0
  #young: Generation
  #old: Generation
  #youngBytes = 0
  #oldBytes = 0

  constructor(stores: number) {
    this.#stores = stores
    this.#young = emptyGeneration(stores)
    this.#old = emptyGeneration(stores)
  }

  /** At most the limit, and as much as an entry more. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  /** Nothing is kept before the first call. */
  setLimit(bytes: number): void {
    this.#limitBytes = bytes
    if (this.bytes > bytes) this.#clear()
  }

  /** Null: there is no such entry. Undefined: not known here. */
  get(store: number, mapKey: string): string | null | undefined {
    const found = this.#young[store]?.get(mapKey)
    if (found !== undefined) return found
    const old = this.#old[store]
    const value = old?.get(mapKey)
    if (value === undefined) return undefined
    old?.delete(mapKey)
    this.#oldBytes -= costOf(mapKey, value)
    this.#insert(store, mapKey, value)
    return value
  }

  /** For a value that was just read, and is not known here. */
  add(store: number, mapKey: string, value: string | null): void {
    this.#insert(store, mapKey, value)
  }

  /** True for an entry that has to be kept in step with a write, by {@link update}. */
  has(store: number, mapKey: string): boolean {
    return this.#young[store]?.has(mapKey) === true || this.#old[store]?.has(mapKey) === true
  }

  update(store: number, mapKey: string, value: string | null): void {
    this.#remove(store, mapKey)
    this.#insert(store, mapKey, value)
  }

  /** Forgets one store's entries. */
  drop(store: number): void {
    this.#youngBytes -= sizeOf(this.#young[store])
    this.#oldBytes -= sizeOf(this.#old[store])
    this.#young[store] = new Map()
    this.#old[store] = new Map()
  }

  #insert(store: number, mapKey: string, value: string | null): void {
    const cost = costOf(mapKey, value)
    const half = this.#limitBytes / 2
    if (cost > half) return
    if (this.#youngBytes + cost > half) this.#turn()
    this.#young[store]?.set(mapKey, value)
    this.#youngBytes += cost
  }

  #remove(store: number, mapKey: string): void {
    const young = this.#young[store]?.get(mapKey)
    if (young !== undefined) {
      this.#young[store]?.delete(mapKey)
      this.#youngBytes -= costOf(mapKey, young)
    }
    const old = this.#old[store]?.get(mapKey)
    if (old !== undefined) {
      this.#old[store]?.delete(mapKey)
      this.#oldBytes -= costOf(mapKey, old)
    }
  }

  #turn(): void {
    this.#old = this.#young
    this.#oldBytes = this.#youngBytes
    this.#young = emptyGeneration(this.#stores)
    this.#youngBytes = 0
  }

  #clear(): void {
    this.#turn()
    this.#turn()
  }
}

function emptyGeneration(stores: number): Generation {
  return Array.from({ length: stores }, () => new Map<string, string | null>())
}

function costOf(mapKey: string, value: string | null): number {
  return mapKey.length + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES
}

function sizeOf(entries: ReadonlyMap<string, string | null> | undefined): number {
  let bytes = 0
  for (const [key, value] of entries ?? []) bytes += costOf(key, value)
  return bytes
}
