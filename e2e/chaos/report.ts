import type { ChaosOptions } from './options.ts'
import type { ChaosResult } from './run.ts'

const EXAMPLES = 20

/** For standard output; the last one is the verdict. */
export function resultLines(
  { records, faults, differences, failures, folder }: ChaosResult,
  { seed, members, standbys, isStatic, guarantee }: ChaosOptions,
): readonly string[] {
  const more = differences.length - EXAMPLES
  return [
    ...differences
      .slice(0, EXAMPLES)
      .map(({ where, key, expected, got }) => `${where}, ${key}: expected ${expected}; got ${got}`),
    ...(more > 0 ? [`… and ${more} more keys`] : []),
    ...failures,
    ...(folder === undefined ? [] : [`logs, state and the broker's data: ${folder}`]),
    `seed ${seed}, ${members} ${isStatic ? 'static ' : ''}members, ${standbys} standbys, ${guarantee}`,
    `chaos: ${records} records, ${faults} faults, ${sum(differences, 'lost')} lost, ${sum(differences, 'duplicated')} duplicated`,
  ]
}

/** The exit status. */
export function statusOf({ differences, failures }: ChaosResult): number {
  return differences.length + failures.length > 0 ? 1 : 0
}

function sum(differences: ChaosResult['differences'], field: 'lost' | 'duplicated'): number {
  return differences.reduce((total, difference) => total + difference[field], 0)
}
