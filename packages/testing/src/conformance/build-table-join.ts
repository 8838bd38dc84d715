import type { BuildContext, OperatorFamily } from './build-context.ts'
import type { Joiner } from './mappers.ts'
import type { NodeOf } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

export const tableJoinOperators: OperatorFamily<'joinTable'> = { joinTable: addTableJoin }

/** A stream joined with a table; the result is text. */
function addTableJoin(build: BuildContext, node: NodeOf<'joinTable'>): void {
  const { serde } = build.node(node.from)
  const { table } = build.table(node.with)
  const stream = build.stream(node.from)
  const options = {
    key: keySerde,
    thisValue: valueSerdes[serde],
    value: valueSerdes.string,
    ...(node.graceMs === undefined ? {} : { grace: node.graceMs }),
  }
  const joined =
    node.type === 'inner'
      ? stream.join(table, joinerOf(node), options)
      : stream.leftJoin(table, joinerOf(node), options)
  build.add(node.id, { kind: 'stream', stream: joined, serde: 'string' })
}

function joinerOf({
  joiner,
}: {
  readonly joiner: Joiner
}): (left: unknown, right: unknown, key: unknown) => string | null {
  return (left, right, key) => joiner(key, left, right)
}
