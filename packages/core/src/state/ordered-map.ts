/** Where keys are compared as strings of one code unit a byte, `<` is unsigned byte order. */
interface Chunk<V> {
  readonly keys: string[]
  readonly values: V[]
  /** Since when nobody else can see it; an older one is copied before it is changed. */
  readonly epoch: number
}

interface Place {
  readonly chunk: number
  readonly index: number
}

/** A chunk is halved at this size: small enough to copy or to shift, large enough to be few. */
const CHUNK_LIMIT = 256
/** A view of up to as many entries is copied, which is cheaper than to copy chunks at the next write. */
const COPIED_VIEW_LIMIT = 32
/** Unsorted writes that are kept beside the order, at least. */
const MIN_STALE = 1024

/**
 * A Map whose entries can also be read in the order of their keys.
 *
 * Semantics: get, set and delete are those of a Map, and so is the order of {@link values}. A
 * {@link range} is ordered, and sees the entries as they are at its call whatever is written later.
 *
 * Why: most stores are never ranged over, so the order exists only from the first range on. From then
 * on a write notes its key, and the next range sorts the noted keys in: O(log n) a write. When more
 * keys are noted than there are entries, the order is dropped and made anew by the next range. Views
 * share the chunks of the order; a write copies a chunk that a view can see.
 */
export class OrderedMap<V> {
  #entries = new Map<string, V>()
  /** Chunks in order, none empty; undefined: no range has asked for it. */
  #chunks: Chunk<V>[] | undefined
  #chunksEpoch = 0
  #epoch = 0
  /** Keys written since the chunks were brought up to date. */
  #stale: string[] = []
  /** Writes since all entries were last looked through. */
  #writes = 0

  get size(): number {
    return this.#entries.size
  }

  /** True once a range was asked for: views may see the values that are in here. */
  get isOrdered(): boolean {
    return this.#chunks !== undefined
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#writes++
    this.#entries.set(key, value)
    if (this.#chunks !== undefined) this.#note(key)
  }

  delete(key: string): boolean {
    const had = this.#entries.delete(key)
    if (had && this.#chunks !== undefined) this.#note(key)
    return had
  }

  /** In the order in which the keys were first set. */
  values(): MapIterator<V> {
    return this.#entries.values()
  }

  clear(): void {
    // A new Map: clearing a large one keeps its table, and costs as much as it once held.
    this.#entries = new Map()
    this.#writes = 0
    this.#dropOrder()
  }

  /**
   * The keys with `from <= key < to`, in no order. To look through all entries is cheaper than to bring them into
   * order and to keep them so, as long as it does not happen often: once for half as many writes as there are entries.
   */
  keysWithin(from: string, to: string): readonly string[] {
    const keys: string[] = []
    if (this.#chunks !== undefined || this.#writes < this.#entries.size / 2) {
      for (const [key] of this.range(from, to, false)) keys.push(key)
      return keys
    }
    this.#writes = 0
    for (const key of this.#entries.keys()) if (key >= from && key < to) keys.push(key)
    return keys
  }

  /** Deletes `from <= key < to`. */
  deleteRange(from: string, to: string): void {
    for (const key of this.keysWithin(from, to)) this.delete(key)
  }

  /** Entries with `from <= key < to` as they are now; an absent bound is open. */
  range(
    from: string | undefined,
    to: string | undefined,
    reverse: boolean,
  ): IterableIterator<readonly [string, V]> {
    const chunks = this.#upToDate()
    const first = from === undefined ? { chunk: 0, index: 0 } : placeOf(chunks, from)
    const end = to === undefined ? { chunk: chunks.length, index: 0 } : placeOf(chunks, to)
    const copied = copyShort(chunks, first, end)
    if (copied !== undefined) return (reverse ? copied.reverse() : copied).values()
    this.#epoch++
    return reverse ? backwards(chunks, first, end) : forwards(chunks, first, end)
  }

  #note(key: string): void {
    this.#stale.push(key)
    if (this.#stale.length > Math.max(MIN_STALE, this.#entries.size)) this.#dropOrder()
  }

  #dropOrder(): void {
    this.#chunks = undefined
    this.#stale = []
  }

  #upToDate(): readonly Chunk<V>[] {
    if (this.#chunks === undefined) {
      this.#chunks = this.#sorted()
      this.#chunksEpoch = this.#epoch
    }
    if (this.#stale.length > 0) {
      for (const key of this.#stale) this.#sortIn(key)
      this.#stale = []
    }
    return this.#chunks
  }

  #sorted(): Chunk<V>[] {
    const keys = [...this.#entries.keys()].sort(compareKeys)
    const chunks: Chunk<V>[] = []
    // Half full, so that the next writes do not halve them all.
    for (let i = 0; i < keys.length; i += CHUNK_LIMIT / 2) {
      const part = keys.slice(i, i + CHUNK_LIMIT / 2)
      const values: V[] = []
      for (const key of part) {
        const value = this.#entries.get(key)
        if (value !== undefined) values.push(value)
      }
      chunks.push({ keys: part, values, epoch: this.#epoch })
    }
    return chunks
  }

  /** Brings one key of the order to what the Map says of it. */
  #sortIn(key: string): void {
    const chunks = this.#ownChunks()
    const value = this.#entries.get(key)
    const at = chunkOf(chunks, key)
    const chunk = chunks[at]
    if (chunk === undefined) {
      if (value !== undefined) chunks.push({ keys: [key], values: [value], epoch: this.#epoch })
      return
    }
    const index = lowerBound(chunk.keys, key)
    const found = chunk.keys[index] === key
    if (value === undefined) {
      if (found) this.#remove(chunks, at, index)
      return
    }
    const own = this.#ownChunk(chunks, at, chunk)
    if (found) {
      own.values[index] = value
      return
    }
    own.keys.splice(index, 0, key)
    own.values.splice(index, 0, value)
    if (own.keys.length > CHUNK_LIMIT) this.#halve(chunks, at, own)
  }

  #remove(chunks: Chunk<V>[], at: number, index: number): void {
    const chunk = chunks[at]
    if (chunk === undefined) return
    if (chunk.keys.length === 1) {
      chunks.splice(at, 1)
      return
    }
    const own = this.#ownChunk(chunks, at, chunk)
    own.keys.splice(index, 1)
    own.values.splice(index, 1)
  }

  #halve(chunks: Chunk<V>[], at: number, chunk: Chunk<V>): void {
    const half = chunk.keys.length >>> 1
    const keys = chunk.keys.splice(half)
    const values = chunk.values.splice(half)
    chunks.splice(at + 1, 0, { keys, values, epoch: this.#epoch })
  }

  #ownChunks(): Chunk<V>[] {
    const chunks = this.#chunks ?? []
    if (this.#chunksEpoch === this.#epoch) return chunks
    const own = chunks.slice()
    this.#chunks = own
    this.#chunksEpoch = this.#epoch
    return own
  }

  #ownChunk(chunks: Chunk<V>[], at: number, chunk: Chunk<V>): Chunk<V> {
    if (chunk.epoch === this.#epoch) return chunk
    const own = { keys: chunk.keys.slice(), values: chunk.values.slice(), epoch: this.#epoch }
    chunks[at] = own
    return own
  }
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The first index whose key is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The chunk that has the key or takes it: the last one that does not begin behind it, or the first. */
function chunkOf<V>(chunks: readonly Chunk<V>[], key: string): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunks[middle]?.keys[0] ?? '') <= key) low = middle + 1
    else high = middle
  }
  return Math.max(low - 1, 0)
}

/** Where the first key is that is not before `key`; behind the last chunk when there is none. */
function placeOf<V>(chunks: readonly Chunk<V>[], key: string): Place {
  const chunk = chunkOf(chunks, key)
  const keys = chunks[chunk]?.keys ?? []
  const index = lowerBound(keys, key)
  return index < keys.length ? { chunk, index } : { chunk: chunk + 1, index: 0 }
}

function copyShort<V>(
  chunks: readonly Chunk<V>[],
  first: Place,
  end: Place,
): (readonly [string, V])[] | undefined {
  const copied: (readonly [string, V])[] = []
  let { chunk, index } = first
  while (chunk < end.chunk || (chunk === end.chunk && index < end.index)) {
    const part = chunks[chunk]
    const key = part?.keys[index]
    if (part === undefined || key === undefined) {
      if (part === undefined) break
      chunk++
      index = 0
      continue
    }
    if (copied.length === COPIED_VIEW_LIMIT) return undefined
    // The two arrays have the same length, and no value is undefined.
    copied.push([key, part.values[index] as V])
    index++
  }
  return copied
}

function* forwards<V>(
  chunks: readonly Chunk<V>[],
  first: Place,
  end: Place,
): Generator<readonly [string, V], undefined> {
  for (let chunk = first.chunk; chunk <= end.chunk; chunk++) {
    const part = chunks[chunk]
    if (part === undefined) return
    const to = chunk === end.chunk ? end.index : part.keys.length
    for (let i = chunk === first.chunk ? first.index : 0; i < to; i++) {
      yield [part.keys[i] ?? '', part.values[i] as V] // within the arrays
    }
  }
}

function* backwards<V>(
  chunks: readonly Chunk<V>[],
  first: Place,
  end: Place,
): Generator<readonly [string, V], undefined> {
  for (let chunk = Math.min(end.chunk, chunks.length - 1); chunk >= first.chunk; chunk--) {
    const part = chunks[chunk]
    if (part === undefined) return
    const from = chunk === first.chunk ? first.index : 0
    for (let i = (chunk === end.chunk ? end.index : part.keys.length) - 1; i >= from; i--) {
      yield [part.keys[i] ?? '', part.values[i] as V] // within the arrays
    }
  }
}
