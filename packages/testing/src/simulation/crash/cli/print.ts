import type { CrashResult } from '../run/crash-run.ts'
import { commandFor } from './arguments.ts'

/** The differences that are shown; the rest mostly follow from them. */
const SHOWN = 3

/** What a person needs to begin with: what was wrong, what had happened, how to see it again. */
export function printViolation(result: CrashResult, topology: string | undefined): string {
  const { seed, violations, trace, description } = result
  const shown = violations
    .slice(0, SHOWN)
    .map(({ where, expected, actual }) =>
      [`  ${where}`, `    expected ${expected}`, `    actual   ${actual}`].join('\n'),
    )
  const more = violations.length - shown.length
  return [
    `seed ${seed}: ${violations.length} violation(s)`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
    `  run: ${description}`,
    trace.print(['fault', 'life']),
    `  again: ${commandFor(seed, topology)}`,
  ].join('\n')
}
