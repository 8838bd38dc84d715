import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { StoreBatch, TaskState } from '../../state/state-backend.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'

/** What changelog records make of a store, as a restore has it. */
export function storeBatch(
  state: TaskState,
  { name, changelog }: StoreBuilder,
  records: readonly ConsumedRecord[],
): StoreBatch {
  return { store: name, ...changelog.restore(records, state.entries(name)) }
}

/** As a restore begins: a store that does not fit its changelog is emptied, and its position is noted. */
export async function restoreStart(
  state: TaskState,
  {
    store,
    first,
    topicId,
  }: { readonly store: string; readonly first: number; readonly topicId: string },
): Promise<number> {
  const position = state.position(store)
  if (position?.topicId === topicId && position.offset >= first) return position.offset
  if (position !== undefined) await state.clear(store)
  await state.apply([], new Map([[store, { offset: first, topicId }]]))
  return first
}
