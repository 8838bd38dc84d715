import { join } from 'node:path'
import { testConformance } from '@millrace/testing'
import { rocksdb } from './rocksdb.ts'

testConformance({
  label: 'rocksdb',
  folder: join(import.meta.dirname, '../../testing/conformance/scenarios'),
  state: rocksdb(),
})
