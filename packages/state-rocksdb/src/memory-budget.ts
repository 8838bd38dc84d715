/** Below this RocksDB would write files of a few hundred kilobytes, and spend its time merging them. */
const MIN_DATABASE_BYTES = 8 * 1024 * 1024

/** Of the budget for RocksDB that is free, each task that opens takes this part. */
const PART_OF_FREE = 1 / 6

/** Of the whole budget; the rest is RocksDB's. */
const READ_CACHE_PART = 1 / 4

/** What one open task may use. */
export interface MemoryShare {
  /** Fixed when the task is opened: the binding cannot change it later. */
  readonly databaseBytes: number
  /** Gives the share back. Idempotent. */
  readonly release: () => void
}

interface OpenShare extends MemoryShare {
  readonly onCacheBytes: (bytes: number) => void
}

/**
 * One budget of bytes for all open tasks of a backend.
 *
 * RocksDB's part is a sixth of what is free, so that tasks that open later find something; the first
 * tasks get more than the last. It stays within the budget until shares reach the minimum; from there
 * each further task takes the minimum, whatever the budget. The read caches share theirs evenly at any time.
 */
export class MemoryBudget {
  readonly #databaseBytes: number
  readonly #cacheBytes: number
  readonly #shares = new Set<OpenShare>()

  constructor(totalBytes: number) {
    this.#cacheBytes = totalBytes * READ_CACHE_PART
    this.#databaseBytes = totalBytes - this.#cacheBytes
  }

  /** `onCacheBytes` is told what the read cache may use: now, and whenever tasks open and close. */
  take(onCacheBytes: (bytes: number) => void): MemoryShare {
    let free = this.#databaseBytes
    for (const share of this.#shares) free -= share.databaseBytes
    const share: OpenShare = {
      databaseBytes: Math.max(MIN_DATABASE_BYTES, free * PART_OF_FREE),
      onCacheBytes,
      release: () => {
        if (this.#shares.delete(share)) this.#divideCache()
      },
    }
    this.#shares.add(share)
    this.#divideCache()
    return share
  }

  #divideCache(): void {
    for (const share of this.#shares) share.onCacheBytes(this.#cacheBytes / this.#shares.size)
  }
}
