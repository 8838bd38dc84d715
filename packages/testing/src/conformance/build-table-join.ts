import type { BuildContext } from './build-context.ts'
import { ScenarioError } from './fields.ts'
import type { Joiner } from './mappers.ts'
import type { NodeOf } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

/** A stream joined with a table; the result is text. */
export function addTableJoin(build: BuildContext, node: NodeOf<'joinTable'>): void {
  const { serde } = build.node(node.from)
  const table = build.node(node.with)
  if (table.kind !== 'table') {
    throw new ScenarioError(build.scenario, `${node.id}: ${node.with} is a ${table.kind}`)
  }
  const stream = build.stream(node.from)
  const options = { key: keySerde, thisValue: valueSerdes[serde], value: valueSerdes.string }
  const joined =
    node.type === 'inner'
      ? stream.join(table.table, joinerOf(node), options)
      : stream.leftJoin(table.table, joinerOf(node), options)
  build.add(node.id, { kind: 'stream', stream: joined, serde: 'string' })
}

function joinerOf({
  joiner,
}: {
  readonly joiner: Joiner
}): (left: unknown, right: unknown, key: unknown) => string | null {
  return (left, right, key) => joiner(key, left, right)
}
