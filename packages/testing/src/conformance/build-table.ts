import { type BuildContext, type OperatorFamily, storedAs } from './build-context.ts'
import type { NodeOf } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'
import { text } from './text.ts'

/** Sources of tables, and what a table and a stream both have. */
export const tableOperators: OperatorFamily<
  'table' | 'toTable' | 'filter' | 'filterNot' | 'mapValues' | 'toStream'
> = {
  table: (build, node) => {
    const { id, topic, serde } = node
    build.inputs.set(topic, serde)
    const table = build.builder.table(topic, storedAs(node, serde))
    build.add(id, { kind: 'table', table, serde, windowed: false })
  },
  toTable: (build, node) => {
    const { serde } = build.node(node.from)
    const table = build.stream(node.from).toTable(storedAs(node, serde))
    build.add(node.id, { kind: 'table', table, serde, windowed: false })
  },
  filter: addView,
  filterNot: addView,
  mapValues: addView,
  toStream: (build, node) => {
    const { table, serde, windowed } = build.table(node.from)
    const stream = windowed
      ? table.toStream().selectKey((key) => text(key), { key: keySerde })
      : table.toStream()
    build.add(node.id, { kind: 'stream', stream, serde })
  },
}

/** A view is built without naming a store. */
function addView(build: BuildContext, node: NodeOf<'filter' | 'filterNot' | 'mapValues'>): void {
  const from = build.node(node.from)
  const serde = node.op === 'mapValues' ? 'string' : from.serde
  const options = node.store === undefined ? {} : storedAs(node, serde)
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
    build.add(node.id, { kind: 'table', table, serde, windowed: from.windowed })
  } else throw build.misplaced(node, from)
}
