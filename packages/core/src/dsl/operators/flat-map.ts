import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { KeyValue, KeyValueMapper } from './map.ts'

/** Any number of records for each, in the order of the iterable; timestamp and headers stay. */
export function flatMap<K, V, KR, VR>(
  mapper: KeyValueMapper<K, V, Iterable<KeyValue<KR, VR>>>,
): ProcessorSupplier<K, V, KR, VR> {
  return () => ({
    process(record, context) {
      const pairs = mapper(record.key, record.value)
      return forwardPairs(pairs[Symbol.iterator](), record, context)
    },
  })
}

/** One after the other: where the downstream is asynchronous, the next waits for it. */
function forwardPairs<K, V>(
  pairs: Iterator<KeyValue<K, V>>,
  record: StreamRecord<unknown, unknown>,
  context: ProcessorContext<K, V>,
): Awaitable<void> {
  for (let next = pairs.next(); next.done !== true; next = pairs.next()) {
    const pending = context.forward(record.withKeyValue(next.value[0], next.value[1]))
    if (isPromiseLike(pending)) return pending.then(() => forwardPairs(pairs, record, context))
  }
}
