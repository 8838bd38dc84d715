import { inMemory } from '@millrace/core/internal'
import { testKeyValueStore } from './key-value-store.ts'
import { testSessionStore } from './session-store.ts'
import { testVersionedStore } from './versioned-store.ts'
import { testWindowStore } from './window-store.ts'

testKeyValueStore('in memory', () => ({ backend: inMemory() }))
testWindowStore('in memory', () => ({ backend: inMemory() }))
testSessionStore('in memory', () => ({ backend: inMemory() }))
testVersionedStore('in memory', () => ({ backend: inMemory() }))
