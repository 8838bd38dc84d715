import { type Suppressed, untilTimeLimit, untilWindowCloses } from '@millrace/core'
import type { BuildContext, OperatorFamily } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { SuppressSpec } from './scenario-node.ts'
import { valueSerdes } from './serdes.ts'

export const suppressOperators: OperatorFamily<'suppress'> = {
  suppress: (build, node) => {
    const { table, serde, windowed } = build.table(node.from)
    const suppressed = suppressedAs(build, node)
    const result = table.suppress(suppressed, { value: valueSerdes[serde] })
    build.add(node.id, { kind: 'table', table: result, serde, windowed })
  },
}

function suppressedAs(build: BuildContext, node: SuppressSpec): Suppressed<unknown> {
  const { until, limitMs, maxRecords, full } = node
  if (until === 'windowCloses') {
    const buffer = maxRecords === undefined ? {} : { maxRecords }
    return untilWindowCloses(buffer) as Suppressed<unknown> // build() refuses it where keys are not windowed
  }
  if (limitMs === undefined) throw new ScenarioError(build.scenario, `${node.id}: has no limit`)
  if (maxRecords === undefined) return untilTimeLimit(limitMs)
  const whenFull = full === 'shutDown' ? 'shut-down' : 'emit-early'
  return untilTimeLimit(limitMs, { maxRecords, whenFull })
}
