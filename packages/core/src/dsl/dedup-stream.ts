import { type Duration, durationToMs } from '../base/duration.ts'
import { type KeyAndId, keyAndIdSerde } from '../serde/key-and-id-serde.ts'
import { serdes } from '../serde/serdes.ts'
import { type RecordStoreOptions, recordWindowStore } from '../state/record-window-store.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { dedup } from './operators/dedup.ts'
import { StreamGrouping } from './stream-grouping.ts'

/** A `RecordId`, compared bivariantly as methods are, so that streams stay covariant. */
type RecordIdOption<K, V> = { of(value: V, key: K): string | null }['of']

/** Options of `KStream.dedup`. */
export interface DedupOptions<K, V>
  extends NamedOptions, SerdeOptions<K, V>, RecordStoreOptions, DroppedOptions<K, V> {
  /**
   * What makes two records of one key the same: an order's number, an event's id. Null: the record has no
   * such thing, and passes.
   */
  readonly id: RecordIdOption<K, V>
  /** How far the times of two records with the same id may lie apart for one of them to be a duplicate. */
  readonly within: Duration
  /**
   * How much later than a newer record one may come. One that comes later still is dropped and counted as late:
   * whether it is a duplicate is not known any more.
   */
  readonly grace: Duration
  /** The store's name; its changelog is `<application>-<store>-changelog`. */
  readonly store?: string
}

const PREFIX = 'KSTREAM-DEDUP-'

/** `KStream.dedup`: numbers are used up for the store, the operator and then the repartition. */
export function dedupStream<K, V>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  options: DedupOptions<K, V>,
): KStream<K, V> {
  const { plan } = dsl
  const { key = stream.key, value = stream.value, id } = options
  const storeName = options.store ?? plan.newStoreName(PREFIX)
  const name = plan.nameOr(options.name, PREFIX)
  const [withinMs, graceMs] = [durationToMs(options.within), durationToMs(options.grace)]
  const grouping = new StreamGrouping(dsl, { ...stream, key, value }, options.name)
  const parent = grouping.input(storeName)

  const keySerde = key ?? missingSerde
  const { logging = true, topicConfig = {}, changelogCleanup = 'delete' } = options
  const store = recordWindowStore<KeyAndId<K>, string>(storeName, {
    key: keyAndIdSerde<K>(keySerde),
    value: serdes.string,
    // A record that is just not late looks back so far, both ends included.
    retentionMs: withinMs + graceMs + 1,
    logging,
    topicConfig,
    changelogCleanup,
  })
  const node = plan.append<ProcessorPlan>({
    kind: 'processor',
    name,
    parents: [parent.node],
    operator: () => dedup({ id, withinMs, graceMs, store }),
    stores: [],
    keeps: [{ builder: store, keySerde, valueSerde: serdes.string }],
    uses: [],
    table: undefined,
    changes: 'nothing',
  })
  const { sources } = parent
  tellDropped(dsl, options, { node, key, sources })
  return dsl.stream({ node, key, value, needsRepartition: false, sources })
}
