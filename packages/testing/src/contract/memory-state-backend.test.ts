import { inMemory } from '@millrace/core/internal'
import { testKeyValueStore } from './key-value-store.ts'

testKeyValueStore('in memory', () => ({ backend: inMemory() }))
