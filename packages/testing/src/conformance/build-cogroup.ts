import type { CogroupedKStream, KGroupedStream } from '@millrace/core'
import type { Aggregator } from './aggregators.ts'
import { type BuildContext, type OperatorFamily, storedAs } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { Grouping } from './grouping.ts'
import type { WindowSpec } from './scenario-node.ts'
import { mergeSessions, retained, sessionsOf, timeWindowsOf, untyped } from './window-specs.ts'

type Cogrouped = CogroupedKStream<unknown, unknown>
type Grouped = KGroupedStream<unknown, unknown>

/** Grouped streams that go into one aggregate. */
export const cogroupOperators: OperatorFamily<'cogroup'> = {
  cogroup: (build, node) => {
    const { id, from, aggregators } = node
    let cogrouped: Cogrouped | undefined
    for (const [i, input] of from.entries()) {
      const aggregator = aggregators[i]
      if (aggregator === undefined) {
        throw new ScenarioError(build.scenario, `${id}: ${input} has no aggregator`)
      }
      cogrouped = joined(cogrouped, groupedStream(build, id, input), aggregator)
    }
    if (cogrouped === undefined) throw new ScenarioError(build.scenario, `${id}: has no input`)
    const grouping = ofCogrouped(cogrouped)
    build.add(id, { kind: 'cogrouped stream', cogrouped, grouping, serde: 'string' })
  },
}

function groupedStream(build: BuildContext, id: string, input: string): Grouped {
  const built = build.node(input)
  if (built.kind !== 'grouped stream') throw build.misplaced({ op: 'cogroup', id }, built)
  return built.grouped
}

function joined(
  before: Cogrouped | undefined,
  grouped: Grouped,
  aggregator: Aggregator,
): Cogrouped {
  const add = (_key: unknown, value: unknown, aggregate: unknown): unknown =>
    aggregator(value, aggregate)
  return before === undefined ? grouped.cogroup(add) : before.cogroup(grouped, add)
}

function ofCogrouped(cogrouped: Cogrouped): Grouping {
  return {
    serde: 'string',
    windowed: false,
    aggregate: (node) =>
      cogrouped.aggregate({ init: (): unknown => node.init, ...storedAs(node, 'string') }),
  }
}

/** The same by windows. */
export function cogroupedBy(cogrouped: Cogrouped, window: WindowSpec): Grouping {
  const timeWindows = timeWindowsOf(window)
  return {
    serde: 'string',
    windowed: true,
    aggregate: (node) => {
      const options = {
        init: (): unknown => node.init,
        ...storedAs(node, 'string'),
        ...retained(node),
      }
      return timeWindows === undefined
        ? untyped(
            cogrouped
              .windowedBy(sessionsOf(window))
              .aggregate({ ...options, merge: mergeSessions }),
          )
        : untyped(cogrouped.windowedBy(timeWindows).aggregate(options))
    },
  }
}
