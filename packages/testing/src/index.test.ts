import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as testing from './index.ts'

test('the package exports these values and no others', () => {
  assert.deepEqual(Object.keys(testing).sort(), [
    'FaultProxy',
    'ManualClock',
    'MemorySink',
    'MemoryTarget',
    'SeededFaults',
    'SimulatedKafka',
    'SimulatedProcess',
    'TopologyTestDriver',
    'VirtualScheduler',
    'firstDifference',
    'memorySink',
    'readScenario',
    'runScenario',
    'seededSinkFaults',
    'testConformance',
    'testKafkaPort',
    'testKeyValueStore',
    'testSessionStore',
    'testSink',
    'testVersionedStore',
    'testWindowStore',
  ])
})
