import { StreamsBuilder, type Topology } from '@millrace/core'
import { BuildContext } from './build-context.ts'
import { addNode } from './operators.ts'
import type { Scenario } from './scenario.ts'
import type { SerdeName } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

export interface ScenarioTopology {
  readonly topology: Topology
  readonly inputs: ReadonlyMap<string, SerdeName>
  readonly outputs: ReadonlyMap<string, SerdeName>
}

/** Builds what the scenario describes, with the public DSL and in the order of the file. */
export function buildTopology(scenario: Scenario): ScenarioTopology {
  const builder = new StreamsBuilder({
    defaultKeySerde: keySerde,
    defaultValueSerde: valueSerdes.string,
  })
  const build = new BuildContext(scenario.name, builder)
  for (const node of scenario.nodes) addNode(build, node)
  const topology = builder.build({
    optimization: scenario.optimization,
    mergesOverProcessors: true,
  })
  return { topology, inputs: build.inputs, outputs: build.outputs }
}
