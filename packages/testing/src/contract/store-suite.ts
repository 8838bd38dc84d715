import { describe, test } from 'node:test'
import { chooseSeed, repeatCommand } from './seeded-random.ts'
import {
  StateBackendBed,
  type StateBackendCase,
  type StateBackendUnderTest,
} from './state-backend-bed.ts'

/** How a backend under test is opened: called for every test, gives one without state. */
export type OpenBackend = () => Promise<StateBackendUnderTest> | StateBackendUnderTest

/** A store under test. */
export interface StoreContractOptions {
  /** Sequences of random operations, of each random test. @defaultValue 300 */
  readonly sequences?: number
}

/** Random operations on a store and on a model of it. */
export interface RandomRun {
  /** What was done, for the message of a failure. */
  readonly log: readonly string[]
  run(operations: number): Promise<void>
}

export interface RandomTest {
  readonly title: string
  readonly sequences: number
  readonly operations: number
  readonly create: (bed: StateBackendBed, seed: number) => RandomRun
}

export interface StoreSuite {
  readonly name: string
  readonly cases: readonly StateBackendCase[]
  readonly random: readonly RandomTest[]
}

/** Registers the cases and random tests of a suite, each with a bed of its own. */
export function testSuite(open: OpenBackend, { name, cases, random }: StoreSuite): void {
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
  describe(name, () => {
    for (const { title, run } of cases) test(title, withBed(run))
    for (const one of random) {
      test(
        one.title,
        withBed((bed) => runRandom(bed, one)),
      )
    }
  })
}

async function runRandom(bed: StateBackendBed, test: RandomTest): Promise<void> {
  const first = chooseSeed()
  for (let i = 0; i < test.sequences; i++) {
    const seed = (first + i) >>> 0
    const sequence = test.create(bed, seed)
    try {
      await sequence.run(test.operations)
    } catch (error) {
      const steps = sequence.log.join('\n  ')
      throw new Error(`seed ${seed}; repeat with: ${repeatCommand(seed)}\n  ${steps}`, {
        cause: error,
      })
    }
  }
}
