import type { ProcessingGuarantee } from '@millrace/core'
import { parseArgs } from 'node:util'

export interface ChaosOptions {
  readonly minutes: number
  readonly members: number
  readonly seed: number
  /** Records a second; a tenth more have timestamps in the past. */
  readonly rate: number
  /** Copies of each task's state on other members. */
  readonly standbys: number
  readonly isStatic: boolean
  readonly guarantee: ProcessingGuarantee
  /** Leaves the logs, also when nothing is wrong. */
  readonly keep: boolean
}

export type ChaosCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'run'; readonly options: ChaosOptions }

export const MAX_SEED: number = 2 ** 32 - 1

export const HELP = `Usage: ./dev chaos [options]

Counts records in several processes on a broker of its own, while processes are killed, stopped and
restarted, their state is wiped, and the broker stands still and restarts. Then it compares.

  --minutes M          how long there are faults (10)
  --members N          processes, 2 to 8 (3)
  --seed S             decides on the faults (random)
  --rate N             records a second (400)
  --standbys N         copies of each task's state on other members, 0 to 7 (0)
  --static             static members of the group
  --guarantee NAME     exactly_once_v2, or at_least_once to see the comparison fail
  --keep               leave the logs, also when nothing is wrong

The last line is \`chaos: R records, K faults, 0 lost, 0 duplicated\`. Exit status: 0 when nothing is
lost or duplicated and no process ended by itself, 1 otherwise, 2 for wrong options.
`

interface Bounds {
  readonly min: number
  readonly max: number
  readonly fallback: number
  readonly isWhole: boolean
}

const NUMBERS = {
  minutes: { min: 0.1, max: 1440, fallback: 10, isWhole: false },
  members: { min: 2, max: 8, fallback: 3, isWhole: true },
  rate: { min: 1, max: 20_000, fallback: 400, isWhole: true },
  standbys: { min: 0, max: 7, fallback: 0, isWhole: true },
} as const satisfies Record<string, Bounds>

const FLAGS = {
  minutes: { type: 'string' },
  members: { type: 'string' },
  seed: { type: 'string' },
  rate: { type: 'string' },
  standbys: { type: 'string' },
  static: { type: 'boolean' },
  guarantee: { type: 'string' },
  keep: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** `randomSeed` is used when there is no `--seed`. */
export function readChaosCommand(args: readonly string[], randomSeed: number): ChaosCommand {
  const problems: string[] = []
  const { values, tokens } = parseArgs({
    args: [...args],
    options: FLAGS,
    strict: false,
    tokens: true,
  })
  if (values.help === true) return { kind: 'help' }
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`unexpected argument ${token.value}`)
    else if (token.kind === 'option' && !Object.hasOwn(FLAGS, token.name)) {
      problems.push(`there is no option ${token.rawName}`)
    }
  }
  const number = (name: string, bounds: Bounds): number =>
    readNumber(name, values[name], bounds, problems)
  const guarantee = values.guarantee ?? 'exactly_once_v2'
  if (guarantee !== 'exactly_once_v2' && guarantee !== 'at_least_once') {
    problems.push('--guarantee must be exactly_once_v2 or at_least_once')
  }
  const options: ChaosOptions = {
    minutes: number('minutes', NUMBERS.minutes),
    members: number('members', NUMBERS.members),
    rate: number('rate', NUMBERS.rate),
    standbys: number('standbys', NUMBERS.standbys),
    seed: number('seed', { min: 0, max: MAX_SEED, fallback: randomSeed, isWhole: true }),
    isStatic: values.static === true,
    guarantee: guarantee === 'at_least_once' ? guarantee : 'exactly_once_v2',
    keep: values.keep === true,
  }
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', options }
}

function readNumber(
  name: string,
  text: string | boolean | undefined,
  { min, max, fallback, isWhole }: Bounds,
  problems: string[],
): number {
  if (text === undefined) return fallback
  const value = typeof text === 'string' && /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value
  const what = isWhole ? 'a whole number' : 'a number'
  problems.push(`--${name} must be ${what} from ${min} to ${max}, not ${JSON.stringify(text)}`)
  return fallback
}
