/** The native half of the binding: its JavaScript half has no synchronous calls. */
declare module '@nxtedition/rocksdb/binding.js' {
  interface DatabaseHandle {
    readonly handleOf: 'database'
  }
  interface IteratorHandle {
    readonly handleOf: 'iterator'
  }
  interface BatchHandle {
    readonly handleOf: 'batch'
  }
  interface OpenOptions {
    readonly createIfMissing: boolean
    /** With a style the binding sets write buffers of a quarter of the budget, six at most. */
    readonly compaction: 'level' | 'universal'
    readonly memtableMemoryBudget: number
    readonly cacheSize: number
    readonly cacheIndexAndFilterBlocks: boolean
    readonly compression: boolean
    readonly walCompression: boolean
  }
  interface IteratorOptions {
    readonly gte: Uint8Array
    readonly lt: Uint8Array
    readonly reverse: boolean
    readonly values: boolean
    readonly keyEncoding: 'buffer'
    readonly valueEncoding: 'buffer'
    readonly fillCache: boolean
    readonly highWaterMarkBytes: number
  }
  interface Rows {
    /** Key, value, key, value…; undefined in the place of a value that was not asked for. */
    readonly rows: readonly (Buffer | undefined)[]
    readonly finished: boolean
  }
  interface Native {
    db_init(directory: string): DatabaseHandle
    db_open(
      database: DatabaseHandle,
      options: OpenOptions,
      done: (error: Error | null) => void,
    ): void
    db_close(database: DatabaseHandle, done: (error: Error | null) => void): void
    db_get_many_sync(
      database: DatabaseHandle,
      keys: readonly Uint8Array[],
      options: undefined,
    ): readonly (Buffer | undefined)[]
    /** One DeleteRange, in a write of its own. */
    db_clear(
      database: DatabaseHandle,
      range: { readonly gte: Uint8Array; readonly lt: Uint8Array },
    ): void
    db_get_property(database: DatabaseHandle, name: string): string
    /** The iterator sees the database as it is now. */
    iterator_init(database: DatabaseHandle, options: IteratorOptions): IteratorHandle
    iterator_nextv_sync(iterator: IteratorHandle, rows: number): Rows
    iterator_close(iterator: IteratorHandle): void
    batch_init(): BatchHandle
    batch_put(batch: BatchHandle, key: Uint8Array, value: Uint8Array, options: undefined): void
    batch_del(batch: BatchHandle, key: Uint8Array, options: undefined): void
    batch_clear(batch: BatchHandle): void
    batch_write(
      database: DatabaseHandle,
      batch: BatchHandle,
      options: { readonly sync: boolean },
    ): void
  }
  const native: Native
  export type { BatchHandle, DatabaseHandle, IteratorHandle, Native, Rows }
  export default native
}
