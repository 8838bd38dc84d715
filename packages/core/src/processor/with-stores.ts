import type { StoreBuilder } from '../state/store-builder.ts'
import type { ConnectedStores } from './processor.ts'

/**
 * A supplier with the stores that its processors need, so that they need not be named where it is used
 * (Kafka Streams: `ConnectedStoreProvider`). The given supplier is left as it is.
 *
 * `stream.process(withStores([seen], () => new Deduplicate(seen)))`
 *
 * @typeParam S the supplier of any kind of processor
 */
export function withStores<S extends () => unknown>(
  stores: readonly StoreBuilder[],
  supplier: S,
): S & ConnectedStores {
  // A function that returns what `supplier` does is one of its type.
  const supply = (() => supplier()) as S
  return Object.assign(supply, { stores: Object.freeze([...stores]) })
}
