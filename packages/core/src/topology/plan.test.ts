import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { compile } from './compile.ts'
import { Plan } from './plan.ts'
import type { RepartitionPlan, SourcePlan } from './plan-node.ts'

const source = (name: string): SourcePlan => ({
  kind: 'source',
  name,
  parents: [],
  topics: [`${name}-topic`],
  keySerde: serdes.string,
  valueSerde: serdes.string,
  timestampExtractor: undefined,
  autoOffsetReset: undefined,
})

const repartition = (name: string, partitions: number, parent: SourcePlan): RepartitionPlan => ({
  kind: 'repartition',
  name: `${name}-source`,
  parents: [parent],
  topic: `${name}-repartition`,
  filterName: `${name}-filter`,
  sinkName: `${name}-sink`,
  sourceName: `${name}-source`,
  keySerde: serdes.string,
  valueSerde: serdes.string,
  partitions,
  partitioner: undefined,
  optimizable: false,
})

test('one counter numbers operators and stores', () => {
  const plan = new Plan()

  assert.equal(plan.newName('KSTREAM-MAP-'), 'KSTREAM-MAP-0000000000')
  assert.equal(plan.newStoreName('KSTREAM-REDUCE-'), 'KSTREAM-REDUCE-STATE-STORE-0000000001')
  assert.equal(plan.nameOr('mine', 'KSTREAM-MAP-'), 'mine')
  assert.equal(plan.nameOr(undefined, 'KSTREAM-MAP-'), 'KSTREAM-MAP-0000000003')
})

test('nodes are frozen, and one that is appended again moves to the end', () => {
  const plan = new Plan()
  const a = plan.append(source('a'))
  const b = plan.append(source('b'))
  plan.append(a)

  assert.deepEqual(plan.nodes(), [b, a])
  assert.ok(Object.isFrozen(a))
})

test('repartition topics of one join with different partition counts do not build', () => {
  const plan = new Plan()
  const left = plan.append(repartition('l', 2, plan.append(source('a'))))
  const right = plan.append(repartition('r', 3, plan.append(source('b'))))
  join(plan, left, right)

  assert.throws(() => compile(plan), {
    code: 'MR_TOPOLOGY',
    message:
      'Invalid topology: sub-topology 1: topics of a join have different partition counts: ' +
      'l-repartition 2, r-repartition 3',
  })
})

test('sources of a join are co-partitioned by their topics', () => {
  const plan = new Plan()
  const left = plan.append(repartition('l', 2, plan.append(source('a'))))
  const right = plan.append(source('b'))
  join(plan, left, right)

  const parts = compile(plan).subtopologies
  assert.deepEqual(
    parts.map(({ copartitioned }) => copartitioned),
    [[], [['l-repartition', 'b-topic']]],
  )
})

/** Two processors that share a store, as those of a join do. */
function join(plan: Plan, ...sides: readonly (SourcePlan | RepartitionPlan)[]): void {
  const store = stores.keyValue('shared', { key: serdes.string, value: serdes.string })
  for (const side of sides) {
    plan.append({
      kind: 'processor',
      name: `join-${side.name}`,
      parents: [side],
      operator: () => () => ({ process: () => undefined }),
      stores: [store],
      uses: [],
      table: undefined,
      changes: 'nothing',
    })
  }
  plan.copartition(sides.map(({ name }) => name))
}
