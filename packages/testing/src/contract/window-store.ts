import { type OpenBackend, type StoreContractOptions, testSuite } from './store-suite.ts'
import { windowStoreCases } from './window-store-cases.ts'
import { WindowStoreModel } from './window-store-model.ts'
import { WINDOW_STORE_VARIANTS } from './window-store-variant.ts'

const DEFAULT_SEQUENCES = 300
const OPERATIONS_PER_SEQUENCE = 60

/** The contract of window stores over a state backend, as tests; every backend calls this from its own suite. */
export function testWindowStore(
  label: string,
  open: OpenBackend,
  { sequences = DEFAULT_SEQUENCES }: StoreContractOptions = {},
): void {
  const random = { sequences, operations: OPERATIONS_PER_SEQUENCE }
  testSuite(open, {
    name: `${label}: window store contract`,
    cases: windowStoreCases,
    random: WINDOW_STORE_VARIANTS.map((variant) => ({
      ...random,
      title: variant.title,
      create: (bed, seed) => new WindowStoreModel(bed, seed, variant),
    })),
  })
}
