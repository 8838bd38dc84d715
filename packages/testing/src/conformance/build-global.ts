import type { BuildContext, OperatorFamily } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { NodeOf } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

/** Global tables, and streams joined with them; the result is text. */
export const globalOperators: OperatorFamily<'globalTable' | 'joinGlobal'> = {
  globalTable: (build, { id, topic, serde }) => {
    build.inputs.set(topic, serde)
    const options = { key: keySerde, value: valueSerdes[serde] }
    const global = build.builder.globalTable(topic, options)
    build.add(id, { kind: 'global table', global, serde })
  },
  joinGlobal: addGlobalJoin,
}

function addGlobalJoin(build: BuildContext, node: NodeOf<'joinGlobal'>): void {
  const table = build.node(node.with)
  if (table.kind !== 'global table') {
    throw new ScenarioError(build.scenario, `${node.with} is a ${table.kind}, not a global table`)
  }
  const stream = build.stream(node.from)
  const joiner = (left: unknown, right: unknown, key: unknown): string | null =>
    node.joiner(key, left, right)
  const options = { key: node.key, value: valueSerdes.string }
  const joined =
    node.type === 'inner'
      ? stream.join(table.global, joiner, options)
      : stream.leftJoin(table.global, joiner, options)
  build.add(node.id, { kind: 'stream', stream: joined, serde: 'string' })
}
