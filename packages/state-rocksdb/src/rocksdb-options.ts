import { MillraceError } from '@millrace/core'

/** Options of `rocksdb()`. */
export interface RocksDbOptions {
  /**
   * Memory for all open tasks of this process: what RocksDB has written but not yet flushed, its block
   * cache, and the values read lately. See the README for how it is divided, and what it does not bound.
   * @defaultValue 268_435_456 (256 MiB)
   */
  readonly memoryBytes?: number
}

export type RocksDbConfig = Required<RocksDbOptions>

const DEFAULTS: RocksDbConfig = { memoryBytes: 256 * 1024 * 1024 }

/** One task's share of RocksDB's part has to be the minimum at least. */
const MIN_MEMORY_BYTES = 16 * 1024 * 1024

/** @throws MillraceError `MR_CONFIG` */
export function resolveRocksDbOptions(options: RocksDbOptions): RocksDbConfig {
  const config: RocksDbConfig = { ...DEFAULTS, ...options }
  if (!(config.memoryBytes >= MIN_MEMORY_BYTES && Number.isFinite(config.memoryBytes))) {
    throw new MillraceError(
      'MR_CONFIG',
      `Invalid options of rocksdb(): memoryBytes must be at least ${MIN_MEMORY_BYTES}`,
      { hint: 'Give a number of bytes, such as 256 * 1024 * 1024, or leave it out.' },
    )
  }
  return Object.freeze(config)
}
