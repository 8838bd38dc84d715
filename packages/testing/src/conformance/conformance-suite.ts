import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { StateBackend } from '@millrace/core'
import { firstDifference } from './difference.ts'
import { keepsMoreThanState } from './disturbance.ts'
import { type RunOptions, runScenario } from './run-scenario.ts'
import { readScenario, type Scenario } from './scenario.ts'

/** The state backend that the scenarios are run on. */
export interface ConformanceSuiteOptions {
  /** What the state is kept in, for the titles. */
  readonly label: string
  /** The folder of the scenario files. */
  readonly folder: string
  readonly state: StateBackend
}

/**
 * The recorded runs of Kafka Streams as tests of a state backend: each scenario of a folder as it was recorded, with
 * a task per sub-topology, with a restart before each input, and with each input aborted once.
 */
export function testConformance({ label, folder, state }: ConformanceSuiteOptions): void {
  const scenarios = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readScenario(join(folder, name)))
  const check = async (scenario: Scenario, options: RunOptions): Promise<void> => {
    const actual = await runScenario(scenario, { ...options, state })
    // Counters are not part of a transaction: what is processed twice is counted twice.
    const dropped = options.disturbance === 'abort' ? undefined : scenario.expected.dropped
    assert.equal(firstDifference({ ...scenario.expected, dropped }, actual), undefined)
  }
  describe(`${label}: gives what Kafka Streams gives`, () => {
    for (const scenario of scenarios) {
      test(`${scenario.name}: ${scenario.about}`, () => check(scenario, { singleTask: true }))
    }
  })
  describe(`${label}: gives the same`, () => {
    for (const scenario of scenarios) {
      test(`with a task per sub-topology: ${scenario.name}`, () =>
        check(scenario, { singleTask: false }))
      if (keepsMoreThanState(scenario)) continue
      test(`when state is restored from changelogs before each input: ${scenario.name}`, () =>
        check(scenario, { singleTask: false, disturbance: 'restart' }))
      test(`when each input is aborted once: ${scenario.name}`, () =>
        check(scenario, { singleTask: false, disturbance: 'abort' }))
    }
  })
}
