export { rocksdb } from './rocksdb.ts'
export type { RocksDbOptions } from './rocksdb-options.ts'
