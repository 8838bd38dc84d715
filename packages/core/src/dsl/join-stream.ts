import type { Dsl, StreamState } from './dsl.ts'
import { GlobalKTable } from './global-ktable.ts'
import { type GlobalJoinOptions, joinStreamGlobal } from './join-stream-global.ts'
import { joinStreams, type StreamJoinOptions, StreamSide } from './join-streams.ts'
import { joinStreamTable, type StreamTableJoinOptions } from './join-stream-table.ts'
import type { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'

/** A join of a stream, whose overloads have checked what fits together. */
export interface AnyJoin {
  readonly kind: 'inner' | 'left'
  readonly other: unknown
  readonly joiner: unknown
  readonly options: unknown
}

type AnyJoiner = ValueJoiner<unknown, unknown, unknown, unknown>

/** Sends a join of a stream to the operator of what it is joined with. */
export function joinStream(
  dsl: Dsl,
  stream: StreamState<unknown, unknown>,
  join: AnyJoin,
): KStream<unknown, unknown> {
  const { other } = join
  // The types below are those of the overload that was called.
  const joiner = join.joiner as AnyJoiner
  const isLeft = join.kind === 'left'
  if (other instanceof GlobalKTable) {
    const options = join.options as GlobalJoinOptions<unknown, unknown, unknown, unknown>
    return joinStreamGlobal(dsl, stream, { table: other.internals, joiner, isLeft, options })
  }
  if (other instanceof KTable) {
    const options = join.options as StreamTableJoinOptions<unknown, unknown, unknown>
    return joinStreamTable(dsl, stream, { table: other.internals, joiner, isLeft, options })
  }
  if (other instanceof StreamSide) {
    const options = join.options as StreamJoinOptions<unknown, unknown, unknown, unknown>
    return joinStreams(dsl, stream, { kind: join.kind, other, joiner, options })
  }
  throw new TypeError('join: the other side is neither a stream, a table nor a global table')
}
