import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { ValueMapper } from './map-values.ts'

/** Any number of values under the same key, in the order of the iterable; timestamp and headers stay. */
export function flatMapValues<K, V, VR>(
  mapper: ValueMapper<K, V, Iterable<VR>>,
): ProcessorSupplier<K, V, K, VR> {
  return () => ({
    process(record, context) {
      const values = mapper(record.value, record.key)
      return forwardValues(values[Symbol.iterator](), record, context)
    },
  })
}

/** One after the other: where the downstream is asynchronous, the next waits for it. */
function forwardValues<K, VR>(
  values: Iterator<VR>,
  record: StreamRecord<K, unknown>,
  context: ProcessorContext<K, VR>,
): Awaitable<void> {
  for (let next = values.next(); next.done !== true; next = values.next()) {
    const pending = context.forward(record.withValue(next.value))
    if (isPromiseLike(pending)) return pending.then(() => forwardValues(values, record, context))
  }
}
