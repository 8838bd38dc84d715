import { MillraceError } from '@millrace/core'
import type {
  BatchHandle,
  DatabaseHandle,
  IteratorHandle,
  Native,
} from '@nxtedition/rocksdb/binding.js'
import { type StatePlace, translateError } from './translate-error.ts'

export interface DatabaseMemory {
  /** Memtables take at most one and a half times as much. */
  readonly memtableBytes: number
  readonly blockCacheBytes: number
}

export interface DatabaseRange {
  readonly from: Uint8Array
  /** Excluded. */
  readonly to: Uint8Array
  readonly reverse?: boolean
}

export interface RowBlock {
  /** Key, value, key, value… */
  readonly rows: readonly (Buffer | undefined)[]
  /** True when there are no more: the iterator is closed then. */
  readonly finished: boolean
}

/** Writes that are made in one step. */
export interface WriteBatch {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
}

export interface DatabaseIterator {
  /** At most `count` rows; fewer when they are large. */
  next(count: number): RowBlock
  /** Idempotent. */
  close(): void
}

/** A block of rows goes through memory at once: this many bytes, and the row that crosses it. */
const BLOCK_BYTES = 256 * 1024

/** More than what most commits write. */
const MAX_FREE_BATCH_BYTES = 4 * 1024 * 1024

/** The block cache's size is a 32-bit number in the binding. */
const MAX_CACHE_BYTES = 0xffff_ffff

/**
 * RocksDB, as Millrace needs it: one column family, synchronous calls, byte keys in unsigned order.
 *
 * The native calls do not check anything: one on a closed database ends the process. So nothing else
 * calls them, and every method here asks first.
 */
export class Database {
  readonly #native: Native
  readonly #place: StatePlace
  readonly #iterators = new Set<OpenIterator>()
  #handle: DatabaseHandle | undefined
  /** Used again: one that is left to the collector, which does not know its size, stays for long. */
  #freeBatch: NativeBatch | undefined
  #closed: Promise<void> | undefined

  readonly #onCorrupt: () => void

  private constructor(
    native: Native,
    handle: DatabaseHandle,
    { place, onCorrupt }: { readonly place: StatePlace; readonly onCorrupt: () => void },
  ) {
    this.#native = native
    this.#handle = handle
    this.#place = place
    this.#onCorrupt = onCorrupt
  }

  /**
   * `onCorrupt` is called when a call finds that the files cannot be read.
   * @throws MillraceError `MR_STATE_CORRUPT`, `MR_STATE_DISK_FULL`, `MR_STATE_IO`, as every call does
   */
  static async open(
    place: StatePlace,
    memory: DatabaseMemory,
    onCorrupt: () => void,
  ): Promise<Database> {
    try {
      // Here and not at the top: a machine without a build of it can load the package, and say why it fails.
      const { default: native } = await import('@nxtedition/rocksdb/binding.js')
      const handle = native.db_init(place.directory)
      await promised((done) => {
        native.db_open(handle, openOptions(memory), done)
      })
      return new Database(native, handle, { place, onCorrupt })
    } catch (error) {
      throw translateError(error, 'Opening', place)
    }
  }

  get(key: Uint8Array): Buffer | undefined {
    const handle = this.#open()
    try {
      return this.#native.db_get_many_sync(handle, [key], undefined)[0]
    } catch (error) {
      throw this.#translated(error, 'Reading')
    }
  }

  /** Makes what `fill` puts into the batch, all of it or nothing; in the log, which is not synced. */
  write(fill: (batch: WriteBatch) => void): void {
    const handle = this.#open()
    const batch = this.#freeBatch ?? new NativeBatch(this.#native)
    this.#freeBatch = undefined
    fill(batch)
    try {
      this.#native.batch_write(handle, batch.handle, { sync: false })
    } catch (error) {
      throw this.#translated(error, 'Writing')
    }
    if (batch.bytes <= MAX_FREE_BATCH_BYTES) {
      batch.clear()
      this.#freeBatch = batch
    }
  }

  /** In a step of its own: the binding has no range deletion in a batch. */
  deleteRange({ from, to }: DatabaseRange): void {
    const handle = this.#open()
    try {
      this.#native.db_clear(handle, { gte: from, lt: to })
    } catch (error) {
      throw this.#translated(error, 'Deleting')
    }
  }

  /** Rows as they are now, whatever is written later. Holds resources until it is finished or closed. */
  iterate(range: DatabaseRange): DatabaseIterator {
    return this.#iterate(range, true)
  }

  /** The first keys of a range, `count` at most. */
  keys(range: DatabaseRange, count: number): readonly Buffer[] {
    const iterator = this.#iterate(range, false)
    try {
      const keys: Buffer[] = []
      for (let finished = false; !finished && keys.length < count;) {
        const block = iterator.next(count - keys.length)
        for (const row of block.rows) if (row !== undefined) keys.push(row)
        finished = block.finished
      }
      return keys
    } finally {
      iterator.close()
    }
  }

  /** Iterators that are neither finished nor closed. */
  get openIterators(): number {
    return this.#iterators.size
  }

  /** One of RocksDB's own figures, such as `rocksdb.estimate-num-keys`; '' for one it does not know. */
  property(name: string): string {
    return this.#native.db_get_property(this.#open(), name)
  }

  /** Closes the iterators that are open, then the database. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const handle = this.#open()
    this.#handle = undefined
    // Before the database, which would close them on another thread while the collector may free them here.
    for (const iterator of [...this.#iterators]) iterator.close()
    try {
      await promised((done) => {
        this.#native.db_close(handle, done)
      })
    } catch (error) {
      throw this.#translated(error, 'Closing')
    }
  }

  #iterate(range: DatabaseRange, values: boolean): OpenIterator {
    const handle = this.#open()
    const iterator = new OpenIterator(
      this.#native,
      this.#native.iterator_init(handle, {
        gte: range.from,
        lt: range.to,
        reverse: range.reverse ?? false,
        values,
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
        fillCache: true,
        highWaterMarkBytes: BLOCK_BYTES,
      }),
      {
        taskId: this.#place.taskId,
        translated: (error) => this.#translated(error, 'Reading'),
        closed: (closed) => this.#iterators.delete(closed),
      },
    )
    this.#iterators.add(iterator)
    return iterator
  }

  #translated(error: unknown, doing: string): unknown {
    const translated = translateError(error, doing, this.#place)
    if (MillraceError.is(translated, 'MR_STATE_CORRUPT')) this.#onCorrupt()
    return translated
  }

  #open(): DatabaseHandle {
    if (this.#handle === undefined) {
      throw new TypeError(`the state of task ${this.#place.taskId} is closed`)
    }
    return this.#handle
  }
}

class NativeBatch implements WriteBatch {
  readonly handle: BatchHandle
  readonly #native: Native
  #bytes = 0

  constructor(native: Native) {
    this.#native = native
    this.handle = native.batch_init()
  }

  /** Of what is in it, about. */
  get bytes(): number {
    return this.#bytes
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#bytes += key.length + value.length
    this.#native.batch_put(this.handle, key, value, undefined)
  }

  delete(key: Uint8Array): void {
    this.#bytes += key.length
    this.#native.batch_del(this.handle, key, undefined)
  }

  /** Forgets the writes, and keeps the memory for others. */
  clear(): void {
    this.#native.batch_clear(this.handle)
    this.#bytes = 0
  }
}

interface IteratorOwner {
  readonly taskId: string
  readonly translated: (error: unknown) => unknown
  readonly closed: (iterator: OpenIterator) => void
}

class OpenIterator implements DatabaseIterator {
  readonly #native: Native
  readonly #owner: IteratorOwner
  #handle: IteratorHandle | undefined

  constructor(native: Native, handle: IteratorHandle, owner: IteratorOwner) {
    this.#native = native
    this.#handle = handle
    this.#owner = owner
  }

  next(count: number): RowBlock {
    if (this.#handle === undefined) {
      throw new TypeError(`the iteration, or the state of task ${this.#owner.taskId}, is closed`)
    }
    try {
      const block = this.#native.iterator_nextv_sync(this.#handle, count)
      if (block.finished) this.close()
      return block
    } catch (error) {
      this.close()
      throw this.#owner.translated(error)
    }
  }

  close(): void {
    if (this.#handle === undefined) return
    this.#native.iterator_close(this.#handle)
    this.#handle = undefined
    this.#owner.closed(this)
  }
}

function openOptions({
  memtableBytes,
  blockCacheBytes,
}: DatabaseMemory): Parameters<Native['db_open']>[1] {
  return {
    createIfMissing: true,
    // As in Kafka Streams: fewer, larger files than by levels, and each row is rewritten less often.
    compaction: 'universal',
    memtableMemoryBudget: Math.floor(memtableBytes),
    cacheSize: Math.min(Math.floor(blockCacheBytes), MAX_CACHE_BYTES),
    // Else the index and filter of every file stay in memory beside the cache, without a bound.
    cacheIndexAndFilterBlocks: true,
    // It would train a dictionary for each file, and keep up to 64 MiB of it in memory meanwhile.
    compression: false,
    walCompression: false,
  }
}

function promised(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
