import { describe, test } from 'node:test'
import { chooseSeed, repeatCommand } from './seeded-random.ts'
import { stateBackendCases } from './state-backend-cases.ts'
import { StateBackendBed, type StateBackendUnderTest } from './state-backend-bed.ts'
import { StoreModel } from './store-model.ts'
import { rangeDeletionCases, transactionCases } from './transaction-cases.ts'
import { typedStoreCases } from './typed-store-cases.ts'

/** A store under test, and what of the contract applies to it. */
export interface KeyValueContractOptions {
  /** Sequences of random operations. @defaultValue 3000 */
  readonly sequences?: number
}

const DEFAULT_SEQUENCES = 3000
const OPERATIONS_PER_SEQUENCE = 40

/**
 * The contract of a state backend as tests: by itself, under a transaction, and under the typed
 * key-value stores with their changelog. Every backend calls this from its own suite; `open` is
 * called for every test and gives a backend without state.
 */
export function testKeyValueStore(
  label: string,
  open: () => Promise<StateBackendUnderTest> | StateBackendUnderTest,
  { sequences = DEFAULT_SEQUENCES }: KeyValueContractOptions = {},
): void {
  const withBed = (body: (bed: StateBackendBed) => Promise<void> | void) => async () => {
    const opened = await open()
    const bed = await StateBackendBed.open(opened)
    try {
      await body(bed)
    } finally {
      await bed.state.close()
      await opened.close?.()
    }
  }
  describe(`${label}: key-value store contract`, () => {
    for (const { title, run } of [
      ...stateBackendCases,
      ...transactionCases,
      ...rangeDeletionCases,
      ...typedStoreCases,
    ]) {
      test(title, withBed(run))
    }
    test(
      'random operations give what a Map gives',
      withBed((bed) => testModel(bed, sequences)),
    )
  })
}

async function testModel(bed: StateBackendBed, sequences: number): Promise<void> {
  const first = chooseSeed()
  for (let i = 0; i < sequences; i++) {
    const seed = (first + i) >>> 0
    const model = new StoreModel(bed, seed)
    try {
      await model.run(OPERATIONS_PER_SEQUENCE)
    } catch (error) {
      const steps = model.log.join('\n  ')
      throw new Error(`seed ${seed}; repeat with: ${repeatCommand(seed)}\n  ${steps}`, {
        cause: error,
      })
    }
  }
}
