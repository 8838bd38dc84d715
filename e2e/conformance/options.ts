import { parseArgs } from 'node:util'

export type StoreName = 'memory' | 'rocksdb'

export type ConformanceCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string }
  | {
      readonly kind: 'run'
      readonly paths: readonly string[]
      /** What each scenario is run on. */
      readonly stores: readonly StoreName[]
    }

export const HELP = `Usage: ./dev conformance [--store memory|rocksdb|both] DIR|FILE...

Runs every scenario of the folders and compares with what Kafka Streams gave, record by record: keys, values,
timestamps, headers, the input that made a record come out, and the stores in "dump". Prints the first difference
of each scenario that fails.

  --store   what tables are kept in; a scenario passes when it does on each (default both)

The last line is "N passed, N failed"; what cannot be run has failed. The exit status is 1 when any failed or none ran.
`

const STORES: Readonly<Record<string, readonly StoreName[]>> = {
  memory: ['memory'],
  rocksdb: ['rocksdb'],
  both: ['memory', 'rocksdb'],
}

export function readConformanceCommand(args: readonly string[]): ConformanceCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        store: { type: 'string', default: 'both' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help === true) return { kind: 'help' }
    const stores = Object.hasOwn(STORES, values.store) ? STORES[values.store] : undefined
    if (stores === undefined) {
      return { kind: 'wrong', problem: `--store is memory, rocksdb or both, not '${values.store}'` }
    }
    if (positionals.length === 0) return { kind: 'wrong', problem: 'There is no folder to run.' }
    return { kind: 'run', paths: positionals, stores }
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) }
  }
}
