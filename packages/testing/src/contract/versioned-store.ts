import { type OpenBackend, type StoreContractOptions, testSuite } from './store-suite.ts'
import { versionedStoreCases } from './versioned-store-cases.ts'
import { VersionedStoreModel } from './versioned-store-model.ts'

const DEFAULT_SEQUENCES = 300
const OPERATIONS_PER_SEQUENCE = 60

/** The contract of versioned stores over a state backend, as tests; every backend calls this from its own suite. */
export function testVersionedStore(
  label: string,
  open: OpenBackend,
  { sequences = DEFAULT_SEQUENCES }: StoreContractOptions = {},
): void {
  testSuite(open, {
    name: `${label}: versioned store contract`,
    cases: versionedStoreCases,
    random: [
      {
        title: 'random operations give what a map of versions gives',
        sequences,
        operations: OPERATIONS_PER_SEQUENCE,
        create: (bed, seed) => new VersionedStoreModel(bed, seed),
      },
    ],
  })
}
