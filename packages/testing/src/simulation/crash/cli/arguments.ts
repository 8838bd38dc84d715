import { parseArgs } from 'node:util'

/** What `./dev simulate` was asked for. */
export interface Arguments {
  readonly seeds: number
  readonly from: number
  readonly topology: string | undefined
  /** Prints what happened in each run, log lines included. */
  readonly trace: boolean
  readonly workers: number
  /** Goes on after a violation, to count them. */
  readonly keepGoing: boolean
}

const DEFAULT_SEEDS = 200
const DEFAULT_WORKERS = 2

/** @throws TypeError for an option that there is not, or a number that is none */
export function parseArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      topology: { type: 'string' },
      trace: { type: 'boolean', default: false },
      workers: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
    },
  })
  const seeds = wholeNumber('seeds', values.seeds, DEFAULT_SEEDS)
  return {
    seeds,
    from: wholeNumber('from', values.from, 1),
    topology: values.topology,
    trace: values.trace,
    workers: Math.max(1, Math.min(seeds, wholeNumber('workers', values.workers, DEFAULT_WORKERS))),
    keepGoing: values['keep-going'],
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`--${name} must be a whole number, is ${text}`)
  }
  return value
}

/** The command that runs one seed again. */
export function commandFor(seed: number, topology: string | undefined): string {
  const chosen = topology === undefined ? '' : ` --topology ${topology}`
  return `./dev simulate --seeds 1 --from ${seed}${chosen} --trace`
}
