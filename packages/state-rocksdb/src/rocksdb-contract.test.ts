import { testKeyValueStore } from '@millrace/testing'
import { rocksdb } from './rocksdb.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

testKeyValueStore(
  'RocksDB',
  async () => {
    const { path, remove } = await temporaryDirectory()
    return { backend: rocksdb(), directory: path, close: remove }
  },
  { sequences: 1000 },
)
