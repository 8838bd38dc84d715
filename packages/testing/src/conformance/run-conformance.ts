/*
 * Runs every scenario of a folder (or a single file) and compares with what it expects.
 *
 *   run-conformance.ts DIR|FILE...
 *
 * Prints the first differing record of each scenario that fails, and what the rest is not run for.
 * The last line is `N passed, N failed, N skipped`; the exit status is 1 when any failed or none ran.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { firstDifference } from './difference.ts'
import { missingOperators } from './missing-operators.ts'
import { runScenario } from './run-scenario.ts'
import { readScenario } from './scenario.ts'

type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => join(path, name))
}

async function judge(file: string): Promise<Verdict> {
  try {
    const scenario = readScenario(file)
    const missing = missingOperators(scenario)
    if (missing.length > 0) {
      return { kind: 'skipped', reason: `not supported yet: ${missing.join(', ')}` }
    }
    const difference = firstDifference(
      scenario.expected,
      await runScenario(scenario, { singleTask: true }),
    )
    return difference === undefined ? { kind: 'passed' } : { kind: 'failed', reason: difference }
  } catch (error) {
    return { kind: 'failed', reason: explain(error) }
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause === undefined ? error.message : `${error.message}\n  because ${explain(cause)}`
}

async function main(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) {
    console.error('usage: run-conformance.ts DIR|FILE...')
    return 2
  }
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of paths.flatMap(filesOf)) {
    const verdict = await judge(file)
    counts[verdict.kind]++
    if (verdict.kind !== 'passed') console.log(`${verdict.kind} ${file}: ${verdict.reason}`)
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
