import type { InsertMode } from '../options/jdbc-options.ts'
import type { PlannedRow } from './plan-rows.ts'

/**
 * A batch folded to what is left to do: first all deletions, then all rows, both sorted by key, so that
 * transactions that touch the same keys take their locks in one order.
 */
export interface FoldedBatch<K, V> {
  readonly deletes: readonly PlannedRow<K, V>[]
  readonly puts: readonly PlannedRow<K, V>[]
  /** Keys of which records were folded away: when what is left is refused, those count again. */
  readonly foldedKeys: ReadonlySet<string>
}

/** What is left of one key. */
interface KeyState<K, V> {
  deletion: PlannedRow<K, V> | undefined
  readonly puts: PlannedRow<K, V>[]
}

/**
 * Leaves per key what has the effect of all its records in their order: the last one for 'upsert' and 'update',
 * the first one for 'ignore', all for 'insert'. What comes before a deletion has no effect. After one,
 * 'update' finds no row.
 */
export function foldBatch<K, V>(
  rows: readonly PlannedRow<K, V>[],
  mode: InsertMode,
): FoldedBatch<K, V> {
  const states = new Map<string, KeyState<K, V>>()
  const foldedKeys = new Set<string>()
  const puts: PlannedRow<K, V>[] = []
  for (const row of rows) {
    if (row.key === undefined) {
      puts.push(row)
      continue
    }
    const state = states.get(row.key)
    if (state === undefined) {
      states.set(row.key, {
        deletion: row.isDelete ? row : undefined,
        puts: row.isDelete ? [] : [row],
      })
    } else {
      foldedKeys.add(row.key)
      addTo(state, row, mode)
    }
  }
  const sorted = [...states].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state)
  return {
    deletes: sorted.flatMap(({ deletion }) => deletion ?? []),
    puts: [...puts, ...sorted.flatMap((state) => state.puts)],
    foldedKeys,
  }
}

function addTo<K, V>(state: KeyState<K, V>, row: PlannedRow<K, V>, mode: InsertMode): void {
  if (row.isDelete) {
    state.deletion = row
    state.puts.length = 0
    return
  }
  switch (mode) {
    case 'insert':
      state.puts.push(row)
      return
    case 'ignore':
      if (state.puts.length === 0) state.puts.push(row)
      return
    case 'update':
      if (state.deletion !== undefined) return
      state.puts[0] = row
      return
    case 'upsert':
      state.puts[0] = row
  }
}
