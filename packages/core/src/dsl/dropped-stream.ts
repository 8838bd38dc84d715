import type { DroppedRecord } from '../processor/dropped-record.ts'
import { serdes } from '../serde/serdes.ts'
import type { Serde } from '../serde/serde.ts'
import type { PlanNode, ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { passThrough } from './operators/pass-through.ts'

/** Options of an operator that drops records. */
export interface DroppedOptions<K, V> {
  /**
   * Gets the stream of the records that the operator drops, each with the reason: `(late) => late.to('late-clicks')`.
   * They leave in the same transaction as everything else, and are counted and logged all the same.
   *
   * The key is the record's, which may be null, and so are timestamp and headers. Values go to topics as JSON
   * unless another serde is given, or they are mapped: `late.mapValues(({ value }) => value, { value: serde })`.
   *
   * Kafka Streams has nothing like it: generated names of the operators that the function adds begin with the name of
   * this operator and are counted by themselves, so that those of all other operators, stores and topics stay.
   */
  readonly dropped?: (records: KStream<K | null, DroppedRecord<V>>) => void
}

export interface DroppedParts<K> {
  /** The operator. */
  readonly node: PlanNode
  /**
   * Names of those of its processors that drop records, each with names to take in its place if there is no
   * such processor. @defaultValue the operator itself
   */
  readonly by?: readonly (readonly string[])[]
  readonly key: Serde<K> | undefined
  readonly needsRepartition?: boolean
  readonly sources: ReadonlySet<string>
}

/** Hands the stream of what an operator drops to the user, if the options ask for it. */
export function tellDropped<K, V>(
  dsl: Dsl,
  { dropped }: DroppedOptions<K, V>,
  { node: parent, by = [], key, needsRepartition = false, sources }: DroppedParts<K>,
): void {
  if (dropped === undefined) return
  const name = `${parent.name}-dropped`
  const node = dsl.plan.append<ProcessorPlan>({
    kind: 'processor',
    name,
    parents: [parent],
    operator: () => passThrough(),
    stores: [],
    uses: [],
    table: undefined,
    changes: 'value',
    takesDroppedOf: by,
  })
  const stream = dsl.stream<K | null, DroppedRecord<V>>({
    node,
    key,
    value: serdes.json<DroppedRecord<V>>(),
    needsRepartition,
    sources,
  })
  dsl.plan.aside(name, () => {
    dropped(stream)
  })
}
