import type { BuildContext, Built } from './build-context.ts'
import { storedAs } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { AggregateSpec, GroupBySpec, NodeOf, ReduceSpec } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

export function addTable(build: BuildContext, node: NodeOf<'table' | 'toTable'>): void {
  if (node.op === 'toTable') {
    const { serde } = build.node(node.from)
    const table = build.stream(node.from).toTable(storedAs(node.store, serde))
    build.add(node.id, { kind: 'table', table, serde })
    return
  }
  const { id, topic, serde, store } = node
  build.inputs.set(topic, serde)
  const table = build.builder.table(topic, storedAs(store, serde))
  build.add(id, { kind: 'table', table, serde })
}

/** Operators that a stream and a table both have. A view is built without naming a store. */
export function addView(
  build: BuildContext,
  node: NodeOf<'filter' | 'filterNot' | 'mapValues'>,
): void {
  const from = build.node(node.from)
  const serde = node.op === 'mapValues' ? 'string' : from.serde
  const options = node.store === undefined ? {} : storedAs(node.store, serde)
  if (from.kind === 'stream') {
    const stream =
      node.op === 'mapValues'
        ? from.stream.mapValues((value, key) => node.value(key, value), {
            value: valueSerdes.string,
          })
        : from.stream[node.op](node.predicate)
    build.add(node.id, { kind: 'stream', stream, serde })
  } else if (from.kind === 'table') {
    const table =
      node.op === 'mapValues'
        ? from.table.mapValues((value, key) => node.value(key, value), options)
        : from.table[node.op](node.predicate, options)
    build.add(node.id, { kind: 'table', table, serde })
  } else throw misplaced(build, node, from)
}

export function addToStream(build: BuildContext, node: NodeOf<'toStream'>): void {
  const from = build.node(node.from)
  if (from.kind !== 'table') throw misplaced(build, node, from)
  build.add(node.id, { kind: 'stream', stream: from.table.toStream(), serde: from.serde })
}

export function addGroupByKey(build: BuildContext, { id, from }: NodeOf<'groupByKey'>): void {
  const { serde } = build.node(from)
  const grouped = build.stream(from).groupByKey({ key: keySerde, value: valueSerdes[serde] })
  build.add(id, { kind: 'grouped stream', grouped, serde })
}

export function addGroupBy(build: BuildContext, node: GroupBySpec): void {
  const { id, key, value = (_key: unknown, row: unknown) => row } = node
  const from = build.node(node.from)
  if (from.kind === 'stream') {
    const { serde } = from
    const grouped = from.stream.groupBy(key, { key: keySerde, value: valueSerdes[serde] })
    build.add(id, { kind: 'grouped stream', grouped, serde })
  } else if (from.kind === 'table') {
    const grouped = from.table.groupBy((k, row) => [key(k, row), value(k, row)], {
      key: keySerde,
      value: valueSerdes.string,
    })
    build.add(id, { kind: 'grouped table', grouped, serde: 'string' })
  } else throw misplaced(build, node, from)
}

export function addCount(build: BuildContext, node: NodeOf<'count'>): void {
  const from = build.node(node.from)
  if (from.kind !== 'grouped stream' && from.kind !== 'grouped table') {
    throw misplaced(build, node, from)
  }
  const { key, store } = storedAs(node.store, 'long')
  const table = from.grouped.count({ key, ...(store === undefined ? {} : { store }) })
  build.add(node.id, { kind: 'table', table, serde: 'long' })
}

export function addReduce(build: BuildContext, node: ReduceSpec): void {
  const from = build.node(node.from)
  const options = storedAs(node.store, from.serde)
  const { reducer, adder, subtractor } = node
  if (from.kind === 'grouped stream' && reducer !== undefined) {
    const table = from.grouped.reduce(reducer, options)
    build.add(node.id, { kind: 'table', table, serde: from.serde })
  } else if (from.kind === 'grouped table' && adder !== undefined && subtractor !== undefined) {
    const table = from.grouped.reduce({ adder, subtractor, ...options })
    build.add(node.id, { kind: 'table', table, serde: from.serde })
  } else throw misplaced(build, node, from)
}

export function addAggregate(build: BuildContext, node: AggregateSpec): void {
  const from = build.node(node.from)
  const options = { init: (): unknown => node.init, ...storedAs(node.store, 'string') }
  const { aggregator, adder, subtractor } = node
  if (from.kind === 'grouped stream' && aggregator !== undefined) {
    const table = from.grouped.aggregate({ ...options, add: (_key, v, a) => aggregator(v, a) })
    build.add(node.id, { kind: 'table', table, serde: 'string' })
  } else if (from.kind === 'grouped table' && adder !== undefined && subtractor !== undefined) {
    const table = from.grouped.aggregate({
      ...options,
      adder: (_key, v, a) => adder(v, a),
      subtractor: (_key, v, a) => subtractor(v, a),
    })
    build.add(node.id, { kind: 'table', table, serde: 'string' })
  } else throw misplaced(build, node, from)
}

function misplaced(
  { scenario }: BuildContext,
  node: { readonly op: string; readonly id: string },
  from: Built,
): ScenarioError {
  return new ScenarioError(scenario, `${node.id}: no ${node.op} of this form on a ${from.kind}`)
}
