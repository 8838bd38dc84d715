import {
  type StateBackendUnderTest,
  testKeyValueStore,
  testSessionStore,
  testVersionedStore,
  testWindowStore,
} from '@millrace/testing'
import { rocksdb } from './rocksdb.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

async function open(): Promise<StateBackendUnderTest> {
  const { path, remove } = await temporaryDirectory()
  return { backend: rocksdb(), directory: path, close: remove }
}

testKeyValueStore('RocksDB', open, { sequences: 300 })
// These open the task anew now and then, which waits for the disk.
testWindowStore('RocksDB', open, { sequences: 20 })
testSessionStore('RocksDB', open, { sequences: 20 })
testVersionedStore('RocksDB', open, { sequences: 20 })
