import { StreamsBuilder, type Topology } from '@millrace/core'
import { BuildContext } from './build-context.ts'
import { addMapping, addPassing, addProcess, addSink, addSplit, addStream } from './build-stream.ts'
import {
  addAggregate,
  addCount,
  addGroupBy,
  addGroupByKey,
  addReduce,
  addTable,
  addToStream,
  addView,
} from './build-table.ts'
import { addTableJoin } from './build-table-join.ts'
import { ScenarioError } from './fields.ts'
import type { Scenario } from './scenario.ts'
import type { ScenarioNode, SerdeName } from './scenario-node.ts'

export interface ScenarioTopology {
  readonly topology: Topology
  readonly inputs: ReadonlyMap<string, SerdeName>
  readonly outputs: ReadonlyMap<string, SerdeName>
}

/** Builds what the scenario describes, with the public DSL and in the order of the file. */
export function buildTopology(scenario: Scenario): ScenarioTopology {
  const builder = new StreamsBuilder()
  const build = new BuildContext(scenario.name, builder)
  for (const node of scenario.nodes) addNode(build, node)
  return { topology: builder.build(), inputs: build.inputs, outputs: build.outputs }
}

// eslint-disable-next-line complexity -- one case an operator
function addNode(build: BuildContext, node: ScenarioNode): void {
  switch (node.op) {
    case 'stream':
      addStream(build, node)
      return
    case 'table':
    case 'toTable':
      addTable(build, node)
      return
    case 'filter':
    case 'filterNot':
    case 'mapValues':
      addView(build, node)
      return
    case 'map':
    case 'flatMap':
    case 'flatMapValues':
      addMapping(build, node)
      return
    case 'merge':
    case 'selectKey':
    case 'repartition':
      addPassing(build, node)
      return
    case 'split':
      addSplit(build, node)
      return
    case 'toStream':
      addToStream(build, node)
      return
    case 'groupByKey':
      addGroupByKey(build, node)
      return
    case 'groupBy':
      addGroupBy(build, node)
      return
    case 'count':
      addCount(build, node)
      return
    case 'reduce':
      addReduce(build, node)
      return
    case 'aggregate':
      addAggregate(build, node)
      return
    case 'joinTable':
      addTableJoin(build, node)
      return
    case 'process':
      addProcess(build, node)
      return
    case 'to':
      addSink(build, node)
      return
    default:
      throw new ScenarioError(build.scenario, `not supported yet: ${node.op}`)
  }
}
