import { sessionStoreCases } from './session-store-cases.ts'
import { SessionStoreModel } from './session-store-model.ts'
import { type OpenBackend, type StoreContractOptions, testSuite } from './store-suite.ts'

const DEFAULT_SEQUENCES = 300
const OPERATIONS_PER_SEQUENCE = 60

/** The contract of session stores over a state backend, as tests; every backend calls this from its own suite. */
export function testSessionStore(
  label: string,
  open: OpenBackend,
  { sequences = DEFAULT_SEQUENCES }: StoreContractOptions = {},
): void {
  testSuite(open, {
    name: `${label}: session store contract`,
    cases: sessionStoreCases,
    random: [
      {
        title: 'random operations give what a list gives',
        sequences,
        operations: OPERATIONS_PER_SEQUENCE,
        create: (bed, seed) => new SessionStoreModel(bed, seed),
      },
    ],
  })
}
