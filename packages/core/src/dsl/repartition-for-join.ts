import type { Serde } from '../serde/serde.ts'
import type { Dsl, StreamState } from './dsl.ts'
import { repartitionOf } from './repartition.ts'

export interface RepartitionForJoinOptions<K, V> {
  /** The join's name, given by the user. Names the repartition topic too. */
  readonly name: string | undefined
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
}

/**
 * The side of a join, in the partition of its keys: the stream itself, or what comes back from a
 * repartition topic named after the join, else after the stream's operator.
 *
 * Joins without a name share the repartition of a stream, but each uses up its three numbers (Kafka Streams:
 * `KStreamImpl.repartitionForJoin`, which knows the source by the new name, and so does not check the partition
 * counts of the second join).
 */
export function repartitionedForJoin<K, V>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  options: RepartitionForJoinOptions<K, V>,
): StreamState<K, V> {
  if (!stream.needsRepartition) return stream
  const { plan } = dsl
  const { name, key = stream.key, value = stream.value } = options
  const prefix = name ?? stream.node.name
  const made = repartitionOf(plan, { parent: stream.node, prefix, key, value, optimizable: true })
  const isOwn = prefix !== stream.node.name
  const node = plan.joinRepartition(stream, made, isOwn)
  return { node, key, value, needsRepartition: false, sources: new Set([node.sourceName]) }
}
