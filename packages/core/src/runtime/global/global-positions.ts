import { asBuffer, bytesToMapKey } from '../../base/bytes.ts'
import { readTimestamp, writeTimestamp } from '../../base/timestamp-bytes.ts'
import type {
  ChangelogPosition,
  CommittedEntries,
  StoreBatch,
  TaskState,
} from '../../state/state-backend.ts'

const OFFSET_BYTES = 8

/** No user's store can have such a name. */
const SUFFIX = '/positions'

/**
 * How far the partitions of one global topic are applied. A state keeps one position a store; these are entries
 * of a store beside it, written in the same step, because there are many and new ones come.
 *
 * Entry: partition(4) → offset(8) + id of the topic.
 */
export class GlobalPositions {
  readonly #name: string
  readonly #committed: CommittedEntries
  /** Of `state`, which was opened with {@link storesOf} its global stores. */
  constructor(store: string, state: TaskState) {
    this.#name = store + SUFFIX
    this.#committed = state.entries(this.#name)
  }

  get(partition: number): ChangelogPosition | undefined {
    const key = keyOf(partition)
    const stored = this.#committed.get(key, bytesToMapKey(key))
    if (stored === undefined) return undefined
    const bytes = asBuffer(stored)
    return {
      offset: readTimestamp(bytes, 0),
      topicId: bytes.toString('utf8', OFFSET_BYTES),
    }
  }

  batch(positions: ReadonlyMap<number, ChangelogPosition>): StoreBatch {
    const writes = [...positions].map(([partition, { offset, topicId }]) => {
      const key = keyOf(partition)
      const value = Buffer.alloc(OFFSET_BYTES + Buffer.byteLength(topicId))
      writeTimestamp(value, offset, 0)
      value.write(topicId, OFFSET_BYTES)
      return { key, mapKey: bytesToMapKey(key), value }
    })
    return { store: this.#name, writes }
  }

  /** The store of the positions, to be cleared before the one that they are of. */
  get storeName(): string {
    return this.#name
  }
}

/** The stores to open a state with, for these global stores. */
export function storesOf(globalStores: readonly { readonly name: string }[]): readonly string[] {
  return globalStores.flatMap(({ name }) => [name, name + SUFFIX])
}

function keyOf(partition: number): Buffer {
  const key = Buffer.alloc(4)
  key.writeUInt32BE(partition)
  return key
}
