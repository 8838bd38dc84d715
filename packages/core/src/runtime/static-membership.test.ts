import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAppConfig } from '../config/app-config.ts'
import type { AppSettings } from '../config/app-options.ts'
import type { Topology } from '../topology/topology-node.ts'
import { resolveTopology } from './resolved-topology.ts'
import { groupInstanceId } from './static-membership.ts'
import { plan } from './topology-plans.testkit.ts'

const EXISTING = { a: 4, b: 2 }
const ONE = plan([{ sources: [['a']] }])
const TWO = plan([{ sources: [['a']] }, { sources: [['b']] }])

function idOf(
  topology: Topology,
  settings: Partial<AppSettings> = {},
  existing: Readonly<Record<string, number>> = EXISTING,
): string | undefined {
  const config = resolveAppConfig({
    applicationId: 'app',
    brokers: 'localhost:9092',
    instanceId: 'pod-1',
    staticMembership: true,
    ...settings,
  })
  const resolved = resolveTopology(topology, 'app', new Map(Object.entries(existing)))
  return groupInstanceId(config, topology, resolved)
}

test('a member that is started again is the same member', () => {
  assert.match(idOf(ONE) ?? '', /^pod-1\.[0-9a-f]{8}$/)
  assert.equal(idOf(ONE), idOf(ONE))
  assert.notEqual(idOf(ONE), idOf(ONE, { instanceId: 'pod-2' }))
})

test('one that subscribes to other topics is another member: the group has to assign anew', () => {
  assert.notEqual(idOf(ONE), idOf(TWO))
})

test('one whose lead topic has more partitions is another member', () => {
  assert.notEqual(idOf(ONE), idOf(ONE, {}, { a: 5 }))
})

test('a member of a topology with patterns is dynamic', () => {
  assert.equal(idOf(plan([{ sources: [/a.*/] }])), undefined)
})

test('with the consumer protocol the broker looks at topics, and the id is the instance', () => {
  assert.equal(idOf(ONE, { groupProtocol: 'consumer' }), 'pod-1')
  assert.equal(idOf(TWO, { groupProtocol: 'consumer' }), 'pod-1')
  assert.equal(idOf(plan([{ sources: [/a.*/] }]), { groupProtocol: 'consumer' }), 'pod-1')
})

test('a member that shall leave when it closes is dynamic', () => {
  assert.equal(idOf(ONE, { staticMembership: false }), undefined)
})
