import type { SinkRuntimeOptions } from '../sink/sink-options.ts'
import type { Sink } from '../sink/sink.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { ExternalSinkPlan } from '../topology/plan-node.ts'
import type { StreamPartitioner } from '../topology/topology-node.ts'
import type { Dsl, StreamState } from './dsl.ts'
import type { ToOptions } from './stream-options.ts'

/**
 * Options of `toSink`. Serdes and partitioner are of the internal topic, if there is one, and as those of `to`; all that
 * are not said here are of the writing.
 */
export interface ToSinkOptions<K, V>
  extends SinkRuntimeOptions, Pick<ToOptions<K, V>, 'key' | 'value' | 'partitioner'> {
  /**
   * Names the sink for ever: with the application id in front it is its consumer group, and where the target keeps
   * positions its name there. Under another name it begins anew. What topics may be named, and no other operator is.
   */
  readonly name: string
  /**
   * 'internal-topic': through `<application>-<name>-sink` in any case, so that the records are those that the
   * application has committed with its other outputs. 'auto': only where it must be.
   * @defaultValue 'auto'
   */
  readonly through?: 'auto' | 'internal-topic'
}

/** `KStream.toSink`. Kafka Streams has nothing like it, so it uses up no numbers. */
export function streamToSink<K, V>(
  { plan }: Dsl,
  stream: StreamState<K, V>,
  sink: Sink<K, V>,
  options: ToSinkOptions<K, V>,
): void {
  const { name, through = 'auto', partitioner, key = stream.key, value = stream.value } = options
  plan.append<ExternalSinkPlan>({
    kind: 'external-sink',
    name,
    parents: [stream.node],
    sink: sink as Sink<unknown, unknown>, // gets this stream's records only
    options: runtimeOptions(options),
    through,
    keySerde: key ?? missingSerde,
    valueSerde: value ?? missingSerde,
    partitioner: partitioner as StreamPartitioner | undefined, // as above
  })
}

const OF_TOPOLOGY: ReadonlySet<string> = new Set<keyof ToSinkOptions<unknown, unknown>>([
  'name',
  'through',
  'key',
  'value',
  'partitioner',
])

/** As they were given: the runtime checks them. */
function runtimeOptions<K, V>(options: ToSinkOptions<K, V>): SinkRuntimeOptions {
  return Object.freeze(
    Object.fromEntries(Object.entries(options).filter(([option]) => !OF_TOPOLOGY.has(option))),
  )
}
