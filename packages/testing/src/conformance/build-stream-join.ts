import { joinWindows } from '@millrace/core'
import type { BuildContext, OperatorFamily } from './build-context.ts'
import type { NodeOf } from './scenario-node.ts'
import { keySerde, valueSerdes } from './serdes.ts'

export const streamJoinOperators: OperatorFamily<'joinStreams'> = { joinStreams: addStreamJoin }

/** Two streams joined; the result is text. */
function addStreamJoin(build: BuildContext, node: NodeOf<'joinStreams'>): void {
  const { beforeMs: before, afterMs: after, graceMs: grace = 0 } = node
  const options = {
    within: joinWindows({ before, after }, { grace }),
    key: keySerde,
    thisValue: valueSerdes[build.node(node.from).serde],
    otherValue: valueSerdes[build.node(node.with).serde],
    value: valueSerdes.string,
  }
  const stream = build.stream(node.from)
  const other = build.stream(node.with)
  const joiner = (left: unknown, right: unknown, key: unknown): string | null =>
    node.joiner(key, left, right)
  const joined = {
    inner: () => stream.join(other, joiner, options),
    left: () => stream.leftJoin(other, joiner, options),
    outer: () => stream.outerJoin(other, joiner, options),
  }[node.type]()
  build.add(node.id, { kind: 'stream', stream: joined, serde: 'string' })
}
