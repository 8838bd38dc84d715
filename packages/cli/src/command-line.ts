import { availableParallelism, hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { RestartLimits } from './restart-policy.ts'

export interface RunOptions {
  /** Absolute. */
  readonly file: string
  /** For the module. */
  readonly args: readonly string[]
  readonly processes: number
  /** Absolute; each member has a folder of its own in it. */
  readonly stateDir: string | undefined
  /** The first part of each member's instance id. */
  readonly name: string
  readonly closeTimeoutMs: number
  readonly statusIntervalMs: number
  readonly restarts: RestartLimits
}

export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'run'; readonly options: RunOptions }

interface Flag {
  readonly placeholder: string
  readonly summary: string
}

const FLAGS: Readonly<Record<string, Flag>> = {
  processes: { placeholder: 'N', summary: 'members to run, 1 to 256 (one for each CPU)' },
  'state-dir': { placeholder: 'DIR', summary: 'where members keep their state, a folder for each' },
  name: { placeholder: 'NAME', summary: 'members are NAME-0, NAME-1 … (the host name)' },
  'restart-backoff': {
    placeholder: 'MS',
    summary: 'wait before the first restart; doubled for each further one (1000)',
  },
  'restart-backoff-max': { placeholder: 'MS', summary: 'the longest such wait (30000)' },
  'restart-healthy': {
    placeholder: 'MS',
    summary: 'a member that ran for so long waits --restart-backoff again (60000)',
  },
  'max-restarts': {
    placeholder: 'N',
    summary: 'of one member within the window; one more stops all members (5)',
  },
  'restart-window': { placeholder: 'MS', summary: 'for --max-restarts (300000)' },
  'close-timeout': {
    placeholder: 'MS',
    summary: 'after SIGTERM or SIGINT, members still there are killed (35000)',
  },
  'status-interval': {
    placeholder: 'MS',
    summary: 'between two status lines when stderr is no terminal; 0 for none (10000)',
  },
}

const DAY_MS = 86_400_000
const MAX_PROCESSES = 256

export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([name, { placeholder, summary }]) => ({
    usage: `--${name} ${placeholder}`,
    summary,
  }))
  const width = Math.max(...rows.map(({ usage }) => usage.length))
  return `Usage: millrace run FILE [options] [-- ARGUMENTS…]
       millrace --help | --version

Runs FILE, a module that starts a Millrace app, in several processes: members of one group. A
member that crashes is started again; SIGTERM and SIGINT stop all of them in order.

${rows.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}\n`).join('')}
Exit status: 0 when all members ended with success, 2 for wrong arguments, else that of the member
that failed (128 + n after signal n).
`
}

/** Reads what follows `millrace`. Reports every problem, not only the first. */
export function readCommand(argv: readonly string[], cwd: string): Command {
  const given = readTokens(argv)
  if (given.switches.has('help') || given.words[0] === 'help') return { kind: 'help' }
  if (given.switches.has('version')) return { kind: 'version' }
  const problems = [...given.problems]
  const [command, file, ...rest] = given.words
  if (command !== 'run') {
    problems.unshift(
      command === undefined ? 'a command is missing' : `there is no command ${quote(command)}`,
    )
    return { kind: 'wrong', problems }
  }
  if (file === undefined) problems.push('`run` needs a FILE')
  for (const word of rest) {
    problems.push(`unexpected argument ${quote(word)}: arguments of the module go behind --`)
  }
  const { values } = given
  const number = (name: string, bounds: Bounds): number =>
    wholeNumber(name, values.get(name), bounds, problems)
  const stateDir = values.get('state-dir')
  const options: RunOptions = {
    file: resolve(cwd, file ?? ''),
    args: given.args,
    processes: number('processes', {
      min: 1,
      max: MAX_PROCESSES,
      fallback: Math.min(MAX_PROCESSES, availableParallelism()),
    }),
    stateDir: stateDir === undefined ? undefined : resolve(cwd, stateDir),
    name: readName(values.get('name'), problems),
    closeTimeoutMs: number('close-timeout', { min: 1, max: DAY_MS, fallback: 35_000 }),
    statusIntervalMs: number('status-interval', { min: 0, max: DAY_MS, fallback: 10_000 }),
    restarts: {
      backoffMs: number('restart-backoff', { min: 0, max: DAY_MS, fallback: 1000 }),
      maxBackoffMs: number('restart-backoff-max', { min: 0, max: DAY_MS, fallback: 30_000 }),
      healthyMs: number('restart-healthy', { min: 0, max: DAY_MS, fallback: 60_000 }),
      maxRestarts: number('max-restarts', { min: 0, max: 1_000_000, fallback: 5 }),
      windowMs: number('restart-window', { min: 1, max: DAY_MS, fallback: 300_000 }),
    },
  }
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', options }
}

interface Tokens {
  readonly words: readonly string[]
  readonly values: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  /** Behind `--`. */
  readonly args: readonly string[]
  readonly problems: readonly string[]
}

/** `--name VALUE` and `--name=VALUE`; of an option given twice, the last counts. */
function readTokens(argv: readonly string[]): Tokens {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  const words: string[] = []
  const values = new Map<string, string>()
  const switches = new Set<string>()
  const problems: string[] = []
  const options = {
    ...Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: 'string' as const }])),
    help: { type: 'boolean' as const, short: 'h' },
    version: { type: 'boolean' as const, short: 'v' },
  }
  const { tokens } = parseArgs({ args: [...own], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name] : undefined
    if (token.name === 'help' || token.name === 'version') switches.add(token.name)
    else if (flag === undefined) problems.push(`there is no option ${token.rawName}`)
    else if (token.value === undefined || token.value === '') {
      problems.push(`${token.rawName} needs a value: ${token.rawName} ${flag.placeholder}`)
    } else values.set(token.name, token.value)
  }
  return { words, values, switches, args: end === -1 ? [] : argv.slice(end + 1), problems }
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly fallback: number
}

function wholeNumber(
  name: string,
  text: string | undefined,
  { min, max, fallback }: Bounds,
  problems: string[],
): number {
  if (text === undefined) return fallback
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  problems.push(`--${name} must be a whole number from ${min} to ${max}, not ${quote(text)}`)
  return fallback
}

const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/

/** Instance ids may hold these characters only, and a host name may hold others. */
function readName(given: string | undefined, problems: string[]): string {
  if (given === undefined) return hostname().replace(/[^a-zA-Z0-9._-]+/g, '-') || 'member'
  if (LEGAL_NAME.test(given)) return given
  problems.push(`--name may hold letters, digits, '.', '_' and '-' only, not ${quote(given)}`)
  return 'member'
}

function quote(text: string): string {
  return JSON.stringify(text)
}
