import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { RecordWindowStore } from '../../state/record-window-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'

/**
 * Keeps the records of one side of a join of two streams, and forwards them to the join.
 *
 * A record goes to the join first and is kept then: a stream that is joined with itself would find it
 * otherwise (Kafka Streams: `KStreamJoinWindow`). Records with a null key or value are forwarded and not
 * kept. One that is too old to be kept is counted as late; it has been joined with what the other side has.
 */
export function joinWindow<K, V>(
  store: StoreBuilder<RecordWindowStore<K, V>>,
): ProcessorSupplier<K, V, K, V> {
  return () => new JoinWindow(store)
}

class JoinWindow<K, V> implements Processor<K, V, K, V> {
  readonly #builder: StoreBuilder<RecordWindowStore<K, V>>
  #store!: RecordWindowStore<K, V> // set by init, which comes before the first record

  constructor(store: StoreBuilder<RecordWindowStore<K, V>>) {
    this.#builder = store
  }

  init(context: ProcessorContext<K, V>): void {
    this.#store = context.getStateStore(this.#builder)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, V>): Awaitable<void> {
    const pending = context.forward(record)
    if (isPromiseLike(pending)) {
      return pending.then(() => {
        this.#keep(record, context)
      })
    }
    this.#keep(record, context)
  }

  #keep(record: StreamRecord<K, V>, context: ProcessorContext<K, V>): void {
    if (record.key === null || record.value === null) return
    if (!this.#store.put(record)) context.recordDropped('late')
  }
}
