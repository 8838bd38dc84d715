import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aboveNullKeyJoins } from './null-key-joins.ts'
import { PlanGraph } from './plan-graph.ts'
import type { PlanNode, ProcessorPlan } from './plan-node.ts'

const node = (
  name: string,
  parents: readonly PlanNode[],
  joinsNullKeys = false,
): ProcessorPlan => ({
  kind: 'processor',
  name,
  parents,
  operator: () => () => ({ process: () => undefined }),
  stores: [],
  uses: [],
  table: undefined,
  changes: 'nothing',
  joinsNullKeys,
})

test('all that is above a join with results for null keys is found, and nothing else', () => {
  const source = node('source', [])
  const shared = node('shared', [source])
  const inner = node('inner', [shared])
  const between = node('between', [shared])
  const left = node('left', [between], true)
  const below = node('below', [left])
  const other = node('other', [])
  const nodes = [source, shared, inner, between, left, below, other]

  const above = aboveNullKeyJoins(new PlanGraph(nodes), nodes)
  assert.deepEqual([...above].map(({ name }) => name).sort(), ['between', 'shared', 'source'])
})
