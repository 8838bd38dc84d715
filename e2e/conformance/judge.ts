import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inMemory, type StateBackend } from '@millrace/core'
import { rocksdb } from '@millrace/state-rocksdb'
import { firstDifference, readScenario, runScenario } from '@millrace/testing'
import type { StoreName } from './options.ts'

const BACKENDS: Readonly<Record<StoreName, StateBackend>> = {
  memory: inMemory(),
  rocksdb: rocksdb(),
}

/** The scenario files of a folder, in the order of their names; a file is itself. */
export function scenarioFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => join(path, name))
}

/** Why a scenario fails on one of the stores; undefined when it passes on all. */
export async function failureOf(
  file: string,
  stores: readonly StoreName[],
): Promise<string | undefined> {
  for (const store of stores) {
    const failure = await failureOn(file, store)
    if (failure !== undefined) return `on ${store}: ${failure}`
  }
  return undefined
}

async function failureOn(file: string, store: StoreName): Promise<string | undefined> {
  try {
    const scenario = readScenario(file)
    const actual = await runScenario(scenario, { singleTask: true, state: BACKENDS[store] })
    // Some of Kafka Streams' stores count a dropped record twice: the count is for information.
    return firstDifference({ ...scenario.expected, dropped: undefined }, actual)
  } catch (error) {
    return explain(error)
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause === undefined ? error.message : `${error.message}\n  because ${explain(cause)}`
}
