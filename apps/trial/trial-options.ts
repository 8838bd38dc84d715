import { type Flags, helpOf, readCommandLine, wholeNumber } from './command-line.ts'

export interface TrialOptions {
  readonly brokers: string
  readonly records: number
  readonly kills: number
  /** How fast the records are fed. */
  readonly recordsPerSecond: number
  readonly seed: number
  readonly keep: boolean
  readonly verbose: boolean
}

const RECORDS = 20_000
const KILLS = 5

/** Long enough for the kills, each of which holds the app up for the session of its group. */
const FEED_SECONDS = 60

export const MAX_SEED: number = 2 ** 32 - 1

const FLAGS: Flags = {
  records: { placeholder: 'N', summary: `how many records are fed (${RECORDS})` },
  kills: { placeholder: 'N', summary: `how often the app is killed with SIGKILL (${KILLS})` },
  'records-per-second': {
    placeholder: 'N',
    summary: `how fast they are fed (all in ${FEED_SECONDS} s)`,
  },
  seed: { placeholder: 'N', summary: 'decides about records, faults and kills (random)' },
  brokers: { placeholder: 'HOST:PORT,…', summary: 'some brokers of the cluster (KAFKA_BROKERS)' },
  keep: { summary: 'leave the topics in place' },
  verbose: { summary: 'show what the app logs' },
  help: { summary: 'show this' },
}

export function trialHelp(name: string, summary: string): string {
  return `${summary}

Usage: ./dev app ${name} [options]

${helpOf(FLAGS)}
Exit status: 0 when nothing was lost or duplicated, 1 when something was or
when something failed, 2 for wrong options.
`
}

export type TrialCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'run'; readonly options: TrialOptions }

/** `randomSeed` is used when there is no `--seed`. */
export function readTrialCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  randomSeed: number,
): TrialCommand {
  const { values, switches, problems: found } = readCommandLine(args, FLAGS)
  if (switches.has('help')) return { kind: 'help' }
  const problems = [...found]
  const number = (name: string, min: number, max: number): number | undefined => {
    const text = values.get(name)
    return text === undefined ? undefined : wholeNumber(name, text, { min, max }, problems)
  }
  const brokers = values.get('brokers') ?? env['KAFKA_BROKERS'] ?? ''
  if (brokers.trim() === '') {
    problems.push(
      'there are no brokers: start it with ./dev app, or set KAFKA_BROKERS to host:port',
    )
  }
  const records = number('records', 100, 10_000_000) ?? RECORDS
  const options: TrialOptions = {
    brokers,
    records,
    kills: number('kills', 0, 100) ?? KILLS,
    recordsPerSecond:
      number('records-per-second', 1, 10_000_000) ?? Math.ceil(records / FEED_SECONDS),
    seed: number('seed', 0, MAX_SEED) ?? randomSeed,
    keep: switches.has('keep'),
    verbose: switches.has('verbose'),
  }
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', options }
}
