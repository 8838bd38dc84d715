import {
  hopping,
  type KTable,
  session,
  type SessionWindowedKStream,
  type SessionWindows,
  sliding,
  type TimeWindowedKStream,
  type TimeWindows,
  tumbling,
  unlimited,
  type WindowedByOptions,
} from '@millrace/core'
import { countedAs, type OperatorFamily, storedAs } from './build-context.ts'
import type { Grouping } from './grouping.ts'
import type { Materialized, NodeOf, SerdeName, WindowSpec } from './scenario-node.ts'
import { show } from './text.ts'

/** Windows of grouped streams. */
export const windowedOperators: OperatorFamily = {
  windowedBy: (build, node) => {
    const from = build.node(node.from)
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

/** Undefined for sessions. */
export function timeWindowsOf(spec: WindowSpec): TimeWindows | undefined {
  switch (spec.type) {
    case 'tumbling':
      return tumbling(spec.sizeMs, { grace: spec.graceMs })
    case 'hopping':
      return hopping(spec.sizeMs, { advance: spec.advanceMs, grace: spec.graceMs })
    case 'sliding':
      return sliding(spec.differenceMs, { grace: spec.graceMs })
    case 'unlimited':
      return unlimited({ start: spec.startMs })
    case 'session':
      return undefined
  }
}

/** The other windows. */
export function sessionsOf(spec: WindowSpec): SessionWindows {
  if (spec.type !== 'session') throw new TypeError(`no sessions: ${spec.type}`)
  return session(spec.gapMs, { grace: spec.graceMs })
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

/** The scenarios' merger of sessions. */
export function mergeSessions(_key: unknown, aggregate: unknown, other: unknown): unknown {
  return `[${show(aggregate)}|${show(other)}]`
}

/** Of a windowed table: keys carry no static type in a scenario, and its operators see their texts. */
export function untyped<K, V>(table: KTable<K, V>): KTable<unknown, unknown> {
  return table as unknown as KTable<unknown, unknown> // as said above
}

/** How long a windowed table keeps its windows, if the node says so. */
export function retained({ retentionMs }: Pick<Materialized, 'retentionMs'>): {
  readonly retention?: number
} {
  return retentionMs === undefined ? {} : { retention: retentionMs }
}
