import {
  hopping,
  type KTable,
  session,
  type SessionWindows,
  sliding,
  type TimeWindows,
  tumbling,
  unlimited,
} from '@millrace/core'
import type { Materialized, WindowSpec } from './scenario-node.ts'
import { show } from './text.ts'

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
