import type { KGroupedStream, KGroupedTable } from '@millrace/core'
import { type BuildContext, countedAs, type OperatorFamily, storedAs } from './build-context.ts'
import type { Grouping } from './grouping.ts'
import type { Mapper } from './mappers.ts'
import type { GroupBySpec, SerdeName } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'
import { text } from './text.ts'

export const groupingOperators: OperatorFamily<'groupByKey' | 'groupBy'> = {
  groupByKey: (build, { id, from }) => {
    const { serde } = build.node(from)
    const grouped = build.stream(from).groupByKey({ key: keySerde, value: valueSerdes[serde] })
    addGroupedStream(build, id, { grouped, serde })
  },
  groupBy: addGroupBy,
}

const rowText: Mapper = (_key, row) => text(row)

function addGroupBy(build: BuildContext, node: GroupBySpec): void {
  const { id, key, value = rowText } = node
  const from = build.node(node.from)
  if (from.kind === 'stream') {
    const { serde } = from
    const grouped = from.stream.groupBy(key, { key: keySerde, value: valueSerdes[serde] })
    addGroupedStream(build, id, { grouped, serde })
  } else if (from.kind === 'table') {
    const grouped = from.table.groupBy((k, row) => [key(k, row), value(k, row)], {
      key: keySerde,
      value: valueSerdes.string,
    })
    build.add(id, { kind: 'grouped table', grouping: ofTable(grouped), serde: 'string' })
  } else throw build.misplaced(node, from)
}

function addGroupedStream(
  build: BuildContext,
  id: string,
  { grouped, serde }: { grouped: KGroupedStream<unknown, unknown>; serde: SerdeName },
): void {
  build.add(id, { kind: 'grouped stream', grouped, grouping: ofStream(grouped, serde), serde })
}

function ofStream(grouped: KGroupedStream<unknown, unknown>, serde: SerdeName): Grouping {
  return {
    serde,
    windowed: false,
    count: (node) => grouped.count(countedAs(node)),
    reduce: (node) =>
      node.reducer === undefined ? undefined : grouped.reduce(node.reducer, storedAs(node, serde)),
    aggregate: (node) => {
      const { aggregator, init } = node
      if (aggregator === undefined) return undefined
      return grouped.aggregate({
        init: (): unknown => init,
        add: (_key, value, aggregate) => aggregator(value, aggregate),
        ...storedAs(node, 'string'),
      })
    },
  }
}

function ofTable(grouped: KGroupedTable<unknown, unknown>): Grouping {
  return {
    serde: 'string',
    windowed: false,
    count: (node) => grouped.count(countedAs(node)),
    reduce: (node) => {
      const { adder, subtractor } = node
      if (adder === undefined || subtractor === undefined) return undefined
      return grouped.reduce({ adder, subtractor, ...storedAs(node, 'string') })
    },
    aggregate: (node) => {
      const { adder, subtractor, init } = node
      if (adder === undefined || subtractor === undefined) return undefined
      return grouped.aggregate({
        init: (): unknown => init,
        adder: (_key, value, aggregate) => adder(value, aggregate),
        subtractor: (_key, value, aggregate) => subtractor(value, aggregate),
        ...storedAs(node, 'string'),
      })
    },
  }
}
