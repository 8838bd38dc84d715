import type { KeyValueEntry, ReadOnlyKeyValueStore, Serde } from '@millrace/core'
import { compareBytes } from '@millrace/core/internal'

type Entries<K, V> = IterableIterator<KeyValueEntry<K, V>>

/** The stores of several tasks as one, with its keys in the order of their bytes. */
export function readAllPartitions<K, V>(
  name: string,
  keySerde: Serde<K>,
  stores: readonly ReadOnlyKeyValueStore<K, V>[],
): ReadOnlyKeyValueStore<K, V> {
  const [only] = stores
  if (stores.length === 1 && only !== undefined) return only
  const ordered = (
    entriesOf: (store: ReadOnlyKeyValueStore<K, V>) => Entries<K, V>,
    sign: 1 | -1 = 1,
  ): Entries<K, V> =>
    stores
      .flatMap((store) => [...entriesOf(store)])
      .map((entry) => ({ entry, bytes: keySerde.serialize(entry[0], name) }))
      .sort((a, b) => sign * compareBytes(a.bytes, b.bytes))
      .map(({ entry }) => entry)
      .values()
  return {
    name,
    get(key) {
      for (const store of stores) {
        const found = store.get(key)
        if (found !== null) return found
      }
      return null
    },
    range: (from, to) => ordered((store) => store.range(from, to)),
    reverseRange: (from, to) => ordered((store) => store.reverseRange(from, to), -1),
    all: () => ordered((store) => store.all()),
    reverseAll: () => ordered((store) => store.reverseAll(), -1),
    prefixScan: (prefix) => ordered((store) => store.prefixScan(prefix)),
  }
}
