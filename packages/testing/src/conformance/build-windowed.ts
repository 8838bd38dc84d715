import type { SessionWindowedKStream, TimeWindowedKStream, WindowedByOptions } from '@millrace/core'
import { countedAs, type OperatorFamily, storedAs } from './build-context.ts'
import { cogroupedBy } from './build-cogroup.ts'
import type { Grouping } from './grouping.ts'
import type { NodeOf, SerdeName } from './scenario-node.ts'
import { mergeSessions, retained, sessionsOf, timeWindowsOf, untyped } from './window-specs.ts'

/** Windows of grouped streams. */
export const windowedOperators: OperatorFamily<'windowedBy'> = {
  windowedBy: (build, node) => {
    const from = build.node(node.from)
    if (from.kind === 'cogrouped stream') {
      const grouping = cogroupedBy(from.cogrouped, node.window)
      build.add(node.id, { kind: 'windowed stream', grouping, serde: 'string' })
      return
    }
    if (from.kind !== 'grouped stream') throw build.misplaced(node, from)
    const { grouped, serde } = from
    const windows = timeWindowsOf(node.window)
    const grouping =
      windows === undefined
        ? ofSessions(grouped.windowedBy(sessionsOf(node.window), emitOf(node)), serde)
        : ofWindows(grouped.windowedBy(windows, emitOf(node)), serde)
    build.add(node.id, { kind: 'windowed stream', grouping, serde })
  },
}

function emitOf({ emit }: NodeOf<'windowedBy'>): WindowedByOptions {
  return { emit: emit === 'onWindowClose' ? 'on-window-close' : 'on-window-update' }
}

function ofWindows(windowed: TimeWindowedKStream<unknown, unknown>, serde: SerdeName): Grouping {
  return {
    serde,
    windowed: true,
    count: (node) => untyped(windowed.count({ ...countedAs(node), ...retained(node) })),
    reduce: (node) =>
      node.reducer === undefined
        ? undefined
        : untyped(windowed.reduce(node.reducer, { ...storedAs(node, serde), ...retained(node) })),
    aggregate: (node) => {
      const { aggregator, init } = node
      if (aggregator === undefined) return undefined
      const table = windowed.aggregate({
        init: (): unknown => init,
        add: (_key, value, aggregate) => aggregator(value, aggregate),
        ...storedAs(node, 'string'),
        ...retained(node),
      })
      return untyped(table)
    },
  }
}

function ofSessions(
  windowed: SessionWindowedKStream<unknown, unknown>,
  serde: SerdeName,
): Grouping {
  return {
    serde,
    windowed: true,
    count: (node) => untyped(windowed.count({ ...countedAs(node), ...retained(node) })),
    reduce: (node) =>
      node.reducer === undefined
        ? undefined
        : untyped(windowed.reduce(node.reducer, { ...storedAs(node, serde), ...retained(node) })),
    aggregate: (node) => {
      const { aggregator, init } = node
      if (aggregator === undefined) return undefined
      const table = windowed.aggregate({
        init: (): unknown => init,
        add: (_key, value, aggregate) => aggregator(value, aggregate),
        merge: mergeSessions,
        ...storedAs(node, 'string'),
        ...retained(node),
      })
      return untyped(table)
    },
  }
}
