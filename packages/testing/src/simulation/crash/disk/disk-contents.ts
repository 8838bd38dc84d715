import { bytesToMapKey, type ChangelogPosition } from '@millrace/core/internal'
import type { SimulatedDisk } from './simulated-disk.ts'

export interface StoreContents {
  /** Keys and values as strings of one unit a byte. */
  readonly entries: ReadonlyMap<string, string>
  readonly position: ChangelogPosition | undefined
}

interface MutableContents {
  entries: Map<string, string>
  position: ChangelogPosition | undefined
}

/** What the disk holds of a task, by store: what a process would find that opens it now. */
export function contentsOf(disk: SimulatedDisk, place: string): ReadonlyMap<string, StoreContents> {
  const stores = new Map<string, MutableContents>()
  const contents = (store: string): MutableContents => {
    const known = stores.get(store) ?? { entries: new Map<string, string>(), position: undefined }
    stores.set(store, known)
    return known
  }
  for (const step of disk.steps(place)) {
    if (step.kind === 'clear') {
      stores.set(step.store, { entries: new Map(), position: undefined })
      continue
    }
    for (const { store, deletedRanges, writes } of step.batches) {
      const { entries } = contents(store)
      for (const { from, to } of deletedRanges) {
        const [first, end] = [bytesToMapKey(from), bytesToMapKey(to)]
        for (const key of [...entries.keys()]) if (key >= first && key < end) entries.delete(key)
      }
      for (const { mapKey, value } of writes) {
        if (value === null) entries.delete(mapKey)
        else entries.set(mapKey, bytesToMapKey(value))
      }
    }
    for (const [store, position] of step.positions) contents(store).position = position
  }
  return stores
}
