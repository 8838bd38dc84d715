import type { StateStore } from '@millrace/core'
import assert from 'node:assert/strict'
import type { SeededRandom } from './seeded-random.ts'
import type { StoreUnderTest } from './store-under-test.ts'

/** What can happen to the transaction of a store, and to its state. */
export const TRANSACTION_STEPS = [
  'commit',
  'abort',
  'savepoint',
  'back to savepoint',
  'reopen',
  'rebuild',
  'restore again',
] as const

export type TransactionStep = (typeof TRANSACTION_STEPS)[number]

/** The state of a model after the last commit, in the open transaction, and at its savepoint. */
export interface TransactionalModel<M> {
  committed: M
  open: M
  savepoint: M | undefined
}

export interface TransactionParts<S extends StateStore, M> {
  readonly under: StoreUnderTest<S>
  readonly model: TransactionalModel<M>
  readonly random: SeededRandom
  /** False where a restored store may differ in its bytes from the one that wrote the changelog. */
  readonly comparesBytes: boolean
}

/** Does one step with the store and its model. */
export async function transact<S extends StateStore, M extends { copy(): M }>(
  step: TransactionStep,
  { under, model, random, comparesBytes }: TransactionParts<S, M>,
): Promise<void> {
  const { buffer } = under.bed
  switch (step) {
    case 'savepoint':
      buffer.setSavepoint()
      model.savepoint = model.open.copy()
      return
    case 'back to savepoint':
      buffer.rollbackToSavepoint()
      model.open = model.savepoint ?? model.open
      break
    case 'commit':
      await under.commit()
      model.committed = model.open.copy()
      break
    case 'abort':
      under.abort()
      model.open = model.committed.copy()
      break
    default: {
      const before = under.bytes()
      await under.restart(step, random.below(20))
      if (comparesBytes) assert.deepEqual(under.bytes(), before)
      model.open = model.committed.copy()
    }
  }
  model.savepoint = undefined
}
