import { parseArgs } from 'node:util'
import { TARGETS } from './targets/start-target.ts'
import type { TargetName } from './targets/trial-target.ts'

export interface TrialOptions {
  readonly target: TargetName
  readonly records: number
  readonly kills: number
  readonly zombies: number
  readonly outages: number
  readonly members: number
  readonly seed: number
}

export type TrialCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'run'; readonly options: TrialOptions }

export const MAX_SEED: number = 2 ** 32 - 1

export const HELP: string = `Usage: ./dev sinks TARGET [options]

Writes records into a real target (${TARGETS.join(', ')}) from several processes on a broker of
its own, while processes are killed, and one stands still until another has taken its place. Then it compares.

  --records N          (100000)
  --kills N            SIGKILLs (10)
  --zombies N          processes that stand still beyond their session, and go on (1)
  --outages N          crashes of the target; not of sqlite and kafka (0)
  --members N          processes, 1 to 6 (2)
  --seed S             decides on kills and on faults of the HTTP server (random)

The last line is \`TARGET: N records, 0 lost, 0 duplicated, K kills, Z zombies\`. Exit status: 0 when nothing is
lost, duplicated, out of order or changed and no process ended by itself, 1 otherwise, 2 for wrong options.
`

interface Bounds {
  readonly min: number
  readonly max: number
  readonly fallback: number
}

const NUMBERS = {
  records: { min: 1, max: 10_000_000, fallback: 100_000 },
  kills: { min: 0, max: 1000, fallback: 10 },
  zombies: { min: 0, max: 100, fallback: 1 },
  outages: { min: 0, max: 100, fallback: 0 },
  members: { min: 1, max: 6, fallback: 2 },
} as const satisfies Record<string, Bounds>

const FLAGS = {
  records: { type: 'string' },
  kills: { type: 'string' },
  zombies: { type: 'string' },
  outages: { type: 'string' },
  members: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** `randomSeed` is used when there is no `--seed`. */
export function readTrialCommand(args: readonly string[], randomSeed: number): TrialCommand {
  const problems: string[] = []
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: FLAGS,
    strict: false,
    tokens: true,
  })
  if (values.help === true) return { kind: 'help' }
  for (const token of tokens) {
    if (token.kind === 'option' && !Object.hasOwn(FLAGS, token.name)) {
      problems.push(`there is no option ${token.rawName}`)
    }
  }
  const target = TARGETS.find((name) => name === positionals[0])
  if (target === undefined || positionals.length > 1) {
    problems.push(`name one target: ${TARGETS.join(', ')}`)
  }
  const number = (name: keyof typeof FLAGS, { min, max, fallback }: Bounds): number => {
    const text = values[name]
    if (text === undefined) return fallback
    const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN
    if (value >= min && value <= max) return value
    problems.push(`--${name} must be a whole number from ${min} to ${max}`)
    return fallback
  }
  const numbers = {
    records: number('records', NUMBERS.records),
    kills: number('kills', NUMBERS.kills),
    zombies: number('zombies', NUMBERS.zombies),
    outages: number('outages', NUMBERS.outages),
    members: number('members', NUMBERS.members),
    seed: number('seed', { min: 0, max: MAX_SEED, fallback: randomSeed }),
  }
  if (problems.length > 0 || target === undefined) return { kind: 'wrong', problems }
  return { kind: 'run', options: { target, ...numbers } }
}
