import { fileURLToPath } from 'node:url'
import type { ProcessingGuarantee } from '@millrace/core'
import { type Flags, helpOf, readCommandLine, wholeNumber } from '@millrace/trial'
import { GUARANTEES } from '../processor-options.ts'

export interface DemoOptions {
  readonly brokers: string
  readonly file: string
  readonly kills: number
  readonly processors: number
  readonly guarantee: ProcessingGuarantee
  readonly commitIntervalMs: number
  /** Undefined: so that feeding takes about {@link FEED_SECONDS}. */
  readonly wordsPerSecond: number | undefined
  readonly seed: number
  readonly keep: boolean
  readonly verbose: boolean
}

/** Long enough for kills in the middle, short enough to watch. */
export const FEED_SECONDS = 15

/** Under at-least-once long enough that a kill hits work that is written, but not committed. */
const COMMIT_INTERVAL_MS: Readonly<Record<ProcessingGuarantee, number>> = {
  exactly_once_v2: 100,
  at_least_once: 2000,
}

/** A transaction times out after 10 s. Without one, what bounds it is the patience of who watches. */
const MAX_COMMIT_INTERVAL_MS: Readonly<Record<ProcessingGuarantee, number>> = {
  exactly_once_v2: 9000,
  at_least_once: 30_000,
}

const FLAGS: Flags = {
  kills: { placeholder: 'N', summary: 'how often a processor is killed with SIGKILL (3)' },
  processors: {
    placeholder: 'N',
    summary: 'members of the group, 1 to 4; a kill hits any one (1)',
  },
  guarantee: { placeholder: 'NAME', summary: `${GUARANTEES.join(' or ')} (exactly_once_v2)` },
  'commit-interval': {
    placeholder: 'MS',
    summary: 'longest time between two commits (100; 2000 at least once)',
  },
  file: { placeholder: 'PATH', summary: 'another text, UTF-8 (Emma, by Jane Austen)' },
  'words-per-second': {
    placeholder: 'N',
    summary: `how fast the text is fed (all of it in ${FEED_SECONDS} s)`,
  },
  seed: { placeholder: 'N', summary: 'decides when and whom the kills hit (random)' },
  brokers: { placeholder: 'HOST:PORT,…', summary: 'some brokers of the cluster (KAFKA_BROKERS)' },
  keep: { summary: 'leave the topics in place' },
  verbose: { summary: 'show what the processors log' },
  help: { summary: 'show this' },
}

export const MAX_SEED: number = 2 ** 32 - 1
const EMMA = fileURLToPath(new URL('../data/emma.txt', import.meta.url))

export const HELP: string = `Counts the words of a text through Kafka, kills the processors while they work,
and compares the counts with the text.

Usage: ./dev demo [options]

${helpOf(FLAGS)}
Exit status: 0 when every word was counted exactly once, 1 when not or when
something failed, 2 for wrong options.
`

export type DemoCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'run'; readonly options: DemoOptions }

/** `randomSeed` is used when there is no `--seed`. */
export function readDemoCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  randomSeed: number,
): DemoCommand {
  const { values, switches, problems: found } = readCommandLine(args, FLAGS)
  if (switches.has('help')) return { kind: 'help' }
  const problems = [...found]
  const number = (name: string, min: number, max: number): number | undefined => {
    const text = values.get(name)
    return text === undefined ? undefined : wholeNumber(name, text, { min, max }, problems)
  }
  const guarantee = readGuarantee(values.get('guarantee'), problems)
  const brokers = values.get('brokers') ?? env['KAFKA_BROKERS'] ?? ''
  if (brokers.trim() === '') {
    problems.push(
      'there are no brokers: start it with ./dev demo, or set KAFKA_BROKERS to host:port',
    )
  }
  const options: DemoOptions = {
    brokers,
    guarantee,
    file: values.get('file') ?? EMMA,
    kills: number('kills', 0, 100) ?? 3,
    processors: number('processors', 1, 4) ?? 1,
    commitIntervalMs:
      number('commit-interval', 1, MAX_COMMIT_INTERVAL_MS[guarantee]) ??
      COMMIT_INTERVAL_MS[guarantee],
    wordsPerSecond: number('words-per-second', 1, 10_000_000),
    seed: number('seed', 0, MAX_SEED) ?? randomSeed,
    keep: switches.has('keep'),
    verbose: switches.has('verbose'),
  }
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', options }
}

function readGuarantee(name: string | undefined, problems: string[]): ProcessingGuarantee {
  if (name === undefined) return 'exactly_once_v2'
  const guarantee = GUARANTEES.find((known) => known === name)
  if (guarantee === undefined) {
    problems.push(`--guarantee must be ${GUARANTEES.join(' or ')}, not ${JSON.stringify(name)}`)
  }
  return guarantee ?? 'exactly_once_v2'
}
