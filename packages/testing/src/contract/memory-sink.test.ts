import { memoryHarness } from './memory-sink.testkit.ts'
import { testSink } from './sink.ts'

testSink('in memory, transactional', memoryHarness())
testSink('in memory, transactional, emitting', memoryHarness({ emitsTo: 'taken' }))
testSink('in memory, transactional, by key', memoryHarness({ keeps: 'last-per-key' }))
testSink('in memory, idempotent', memoryHarness({ tier: 'idempotent', maxBatchesInFlight: 4 }))
testSink(
  'in memory, idempotent, by key',
  memoryHarness({ tier: 'idempotent', keeps: 'last-per-key' }),
)
testSink('in memory, at least once', memoryHarness({ tier: 'at-least-once' }))
testSink(
  'in memory, idempotent, by key, several batches',
  memoryHarness({ tier: 'idempotent', keeps: 'last-per-key', maxBatchesInFlight: 4 }),
)
testSink(
  'in memory, at least once, aligned',
  memoryHarness({ tier: 'at-least-once', alignedBatches: true, maxBatchesInFlight: 3 }),
)
