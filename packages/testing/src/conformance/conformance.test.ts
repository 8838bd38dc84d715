import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { inMemory } from '@millrace/core'
import { testConformance } from './conformance-suite.ts'
import { firstDifference } from './difference.ts'
import { parseScenario } from './scenario.ts'

const FOLDER = join(import.meta.dirname, '../../conformance/scenarios')

testConformance({ label: 'in memory', folder: FOLDER, state: inMemory() })

describe('a scenario file is refused', () => {
  const expected = { dropped: 0 }
  const stream = { id: 's', op: 'stream', topic: 'in' }
  const refused = (topology: unknown, problem: RegExp, more: object = {}): void => {
    const file = { name: 'x', about: '', topology, inputs: [], expected, ...more }
    assert.throws(() => parseScenario(file, 'x'), problem)
  }

  test('for an unknown operator', () => {
    refused([{ id: 'a', op: 'explode' }], /^ScenarioError: x\.topology\[0\]: unknown op 'explode'$/)
  })

  test('for an unknown field of an operator', () => {
    refused([{ ...stream, grace: 1 }], /^ScenarioError: x\.topology\[0\]: unknown field grace$/)
  })

  test('for an unknown function, or one with an argument that it does not take', () => {
    const map = { id: 'm', op: 'mapValues', from: 's' }
    refused([stream, { ...map, value: 'bark' }], /x\.topology\[1\]\.value: unknown mapper 'bark'$/)
    refused([stream, { ...map, value: 'upper:2' }], /unknown mapper 'upper:2'$/)
    refused([stream, { ...map, value: 'prefix' }], /unknown mapper 'prefix'$/)
  })

  test('for an unknown field of a window, or of an input', () => {
    const window = { type: 'session', gap: 1, size: 2 }
    refused([{ id: 'w', op: 'windowedBy', from: 's', window }], /\.window: unknown field size$/)
    const input = { topic: 'in', key: null, value: null, timestamp: 1, header: [] }
    refused([], /x\.inputs\[0\]: unknown field header$/, { inputs: [input] })
  })

  test('for a field of the wrong type', () => {
    refused([{ ...stream, topic: 3 }], /x\.topology\[0\]\.topic: is not a text$/)
    refused([{ id: 's', op: 'stream' }], /x\.topology\[0\]: has no topic$/)
  })
})

test('a difference names the first record that is not as expected', () => {
  const outcome = { stores: new Map(), errorAt: undefined, dropped: 0 }
  const record = { key: 'a', value: 1, timestamp: 2, at: 0 }
  const expected = { ...outcome, topics: new Map([['out', [record, record]]]) }
  const actual = { ...outcome, topics: new Map([['out', [record, { ...record, at: 1 }]]]) }

  assert.equal(
    firstDifference(expected, actual),
    'topic out, record 1\n' +
      '  expected {"key":"a","value":1,"timestamp":2,"at":0}\n' +
      '  actual   {"key":"a","value":1,"timestamp":2,"at":1}',
  )
  assert.equal(firstDifference(expected, expected), undefined)
})
